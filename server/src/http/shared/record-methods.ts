import type { FastifyInstance } from "fastify";

/** Remembers the routes that are added below `http` from now on, and tells which methods the path of a URL has. */
export function recordMethods(http: FastifyInstance): (url: string) => readonly string[] {
  const routes: { readonly parts: readonly string[]; readonly methods: readonly string[] }[] = [];
  http.addHook("onRoute", ({ url, method }) => {
    routes.push({ parts: url.split("/"), methods: [method].flat() });
  });
  return (url) => {
    const [path = ""] = url.split("?", 1);
    const parts = path.split("/");
    const found = routes.filter((route) => isPathOf(route.parts, parts)).flatMap(({ methods }) => methods);
    return [...new Set(found)].toSorted();
  };
}

const isPathOf = (route: readonly string[], parts: readonly string[]): boolean =>
  route.length === parts.length &&
  route.every((part, at) => (part.startsWith(":") ? parts[at] !== "" : part === parts[at]));
