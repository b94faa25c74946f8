import type { FastifyInstance } from "fastify";
import { decodeUtf8 } from "./decode-utf8.ts";
import { readPairs } from "./read-pairs.ts";

/** Reads the bodies of a page's forms, up to a size. */
export function acceptForms(http: FastifyInstance, { bytesMax: bodyLimit }: { readonly bytesMax: number }): void {
  http.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "buffer", bodyLimit },
    async (_request: unknown, body: Buffer) => byName(readPairs(decodeUtf8(body))),
  );
}

/** What a form says several times is a list, as it is in a query. */
const byName = (pairs: ReturnType<typeof readPairs>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...Map.groupBy(pairs, ([name]) => name)].map(([name, said]) => {
      const values = said.map(([, value]) => value);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
