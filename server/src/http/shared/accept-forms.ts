import type { FastifyInstance } from "fastify";
import { decodeUtf8 } from "./decode-utf8.ts";
import { readPairs } from "./read-pairs.ts";

/** Reads the bodies of a page's forms, up to a size. */
export function acceptForms(http: FastifyInstance, { bytesMax: bodyLimit }: { readonly bytesMax: number }): void {
  http.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "buffer", bodyLimit },
    async (_request: unknown, body: Buffer) => Object.fromEntries(readPairs(decodeUtf8(body)).toReversed()),
  );
}
