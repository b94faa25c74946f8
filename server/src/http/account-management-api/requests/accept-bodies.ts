import type { FastifyInstance, FastifyRequest } from "fastify";
import { decodeUtf8 } from "#http/shared/decode-utf8.ts";
import { Problem } from "#http/shared/problem.ts";
import { readPairs } from "#http/shared/read-pairs.ts";
import { nestFields } from "./nest-fields.ts";

/** Reads bodies as 3scale does: JSON, forms with brackets, and multipart forms, whose files are left out. */
export function acceptBodies(http: FastifyInstance): void {
  http.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (_request: FastifyRequest, body: Buffer) => {
      const text = decodeUtf8(body);
      if (text.trim() === "") return {};
      const read = parseJson(text);
      if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Problem("request-unreadable");
      return read;
    },
  );

  http.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "buffer" },
    async (_request: FastifyRequest, body: Buffer) => nestFields(readPairs(decodeUtf8(body))),
  );

  http.addContentTypeParser(
    "multipart/form-data",
    { parseAs: "buffer" },
    async ({ headers }: FastifyRequest, body: Buffer<ArrayBuffer>) =>
      body.length === 0 ? {} : nestFields(await readMultipart(body, headers["content-type"] ?? "")),
  );

  // Clients name a type that they like, also with nothing to send: 3scale does not mind.
  http.addContentTypeParser("*", { parseAs: "buffer" }, async (_request: FastifyRequest, body: Buffer) => {
    if (body.length > 0) throw new Problem("media-type-unsupported");
    return {};
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}

/** Its files may hold any bytes. Its fields are texts: one that is not UTF-8 shows by the sign that is put in its place. */
async function readMultipart(body: Buffer<ArrayBuffer>, contentType: string): Promise<[string, string][]> {
  const form = await readForm(body, contentType);
  const fields = [...form].filter((field): field is [string, string] => typeof field[1] === "string");
  if (fields.flat().some((text) => text.includes("\ufffd"))) decodeUtf8(body);
  return fields;
}

async function readForm(body: Buffer<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}
