import type { FastifyInstance, FastifyRequest } from "fastify";
import { decodeUtf8 } from "#http/shared/forms.ts";

/**
 * Reads JSON as Fastify does by itself, but refuses bytes that are not UTF-8 instead of storing a sign in their place. No body
 * asks for nothing special, and many clients name a Content-Type all the same.
 */
export function acceptJson(http: FastifyInstance): void {
  http.removeContentTypeParser("text/plain"); // which Fastify reads, and nothing here takes
  const parse = http.getDefaultJsonParser("error", "error");
  http.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => {
      const text = decodeUtf8(body);
      if (text.trim() === "") return {};
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      void parse(request, text, (error, read) => (error ? reject(error) : resolve(read)));
      return promise;
    },
  );
  http.addHook("preValidation", async (request) => {
    if (request.routeOptions.schema?.body !== undefined && request.body === undefined) request.body = {};
  });
}
