import type { FastifyInstance, FastifyRequest } from "fastify";
import { decodeUtf8, readPairs } from "#http/shared/forms.ts";
import { Problem } from "#http/shared/problem.ts";
import { nestFields } from "./nest-fields.ts";

type ReadBody = (body: Buffer<ArrayBuffer>, contentType: string) => object | Promise<object>;

const bodyReaders: Readonly<Record<string, ReadBody>> = {
  "application/json": readJson,
  "application/x-www-form-urlencoded": (body) => nestFields(readPairs(decodeUtf8(body))),
  "multipart/form-data": async (body, contentType) =>
    body.length === 0 ? {} : nestFields(await readMultipart(body, contentType)),
};

const bodySizeMax = 1024 * 1024;

/** Reads bodies as 3scale does: JSON, forms with brackets, and multipart forms, whose files are left out; also with a GET. */
export function acceptBodies(http: FastifyInstance): void {
  for (const [type, read] of Object.entries(bodyReaders)) {
    http.addContentTypeParser(
      type,
      { parseAs: "buffer", bodyLimit: bodySizeMax },
      async ({ headers }: FastifyRequest, body: Buffer<ArrayBuffer>) => read(body, headers["content-type"] ?? ""),
    );
  }

  // Clients name a type that they like, also with nothing to send: 3scale does not mind.
  http.addContentTypeParser("*", { parseAs: "buffer" }, async (_request: FastifyRequest, body: Buffer) => {
    if (body.length > 0) throw new Problem("media-type-unsupported");
    return {};
  });

  // Fastify parses no body of a GET, but 3scale takes parameters from one (Rails does not look at the method).
  http.addHook("preValidation", async (request) => {
    if (request.method === "GET") request.body = await readBodyOfGet(request);
  });
}

/** Whether the request names one of the types that parameters are read from. */
export const namesReadableType = ({ headers }: Pick<FastifyRequest, "headers">): boolean =>
  readerOf(headers["content-type"]) !== undefined;

const readerOf = (contentType = ""): ReadBody | undefined =>
  bodyReaders[(contentType.split(";", 1)[0] ?? "").trim().toLowerCase()];

async function readBodyOfGet({ headers, raw }: FastifyRequest): Promise<object | undefined> {
  const read = readerOf(headers["content-type"]);
  const isEmpty = Number(headers["content-length"] ?? 0) === 0 && headers["transfer-encoding"] === undefined;
  if (!read || isEmpty) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > bodySizeMax) throw new Problem("body-too-large");
    chunks.push(bytes);
  }
  return read(Buffer.concat(chunks), headers["content-type"] ?? "");
}

function readJson(body: Buffer): object {
  const text = decodeUtf8(body);
  if (text.trim() === "") return {};
  const read = parseJson(text);
  if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Problem("request-unreadable");
  return read;
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
