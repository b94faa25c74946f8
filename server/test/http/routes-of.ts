import type { FastifyInstance } from "fastify";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Returns every route of a server, from the tree that Fastify prints: a line per path, indented below its prefix. */
export function routesOf(http: FastifyInstance): readonly Route[] {
  const parents: string[] = [];
  const routes: Route[] = [];
  for (const line of http.printRoutes({ commonPrefix: false }).split("\n")) {
    const [, indent = "", part = "", taken = ""] = /^([ │]*[├└]── )(\S+) \((.*)\)$/.exec(line) ?? [];
    if (part === "") continue;
    const depth = indent.length / 4 - 1;
    const path = `${parents[depth - 1] ?? ""}${part.replaceAll(/(:\w+)(\|:\w+)+/g, "$1")}`;
    parents[depth] = path;
    for (const method of methods) if (taken.split(", ").includes(method)) routes.push({ method, path });
  }
  return routes;
}
