import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance } from "fastify";
import { digestOf } from "#access/index.ts";

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Serves the few files of a folder below `prefix` and returns their paths by name. A path holds the content's digest, so
 * a browser keeps the file for ever and asks for the new one as soon as it changes.
 */
export async function servePageAssets(
  http: FastifyInstance,
  { folder, prefix }: { folder: string; prefix: string },
): Promise<Readonly<Record<string, string>>> {
  const paths: Record<string, string> = {};
  for (const name of await readdir(folder)) {
    const body = await readFile(join(folder, name));
    const ending = extname(name);
    const path = `${prefix}/${name.slice(0, -ending.length)}.${digestOf(body.toString()).toString("hex").slice(0, 12)}${ending}`;
    paths[name] = `${http.prefix}${path}`;
    http.get(path, async (_request, reply) =>
      reply
        .header("cache-control", "public, max-age=31536000, immutable")
        .type(contentTypes[ending] ?? "application/octet-stream")
        .send(body),
    );
  }
  return paths;
}
