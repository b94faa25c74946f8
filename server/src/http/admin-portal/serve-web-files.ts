import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { readForm } from "../shared/read-form.ts";

/** What the app's page names. Files below assets carry a digest in their names, so browsers keep them for ever. */
export async function serveWebFiles(http: FastifyInstance, webFolder: string): Promise<void> {
  await http.register(fastifyStatic, { root: webFolder, serve: false, logLevel: "error" });

  http.get("/p/admin/assets/*", (request, reply) =>
    reply.sendFile(`assets/${readForm(request.params)["*"]}`, { maxAge: "365d", immutable: true }),
  );
  http.get("/p/admin/bellwire.svg", (_request, reply) => reply.sendFile("bellwire.svg", { maxAge: "1h" }));
}
