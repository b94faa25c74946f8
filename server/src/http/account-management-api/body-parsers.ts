import type { FastifyInstance, FastifyRequest } from "fastify";
import { decodeUtf8, readPairs } from "#http/shared/forms.ts";
import { Problem } from "#http/shared/problem.ts";
import { nestFields } from "./parameters.ts";

type BodyParser = (body: Buffer<ArrayBuffer>, contentType: string) => object | Promise<object>;

const bodyParsers: Readonly<Record<string, BodyParser>> = {
  "application/json": parseJsonObject,
  "application/x-www-form-urlencoded": (body) => nestFields(readPairs(decodeUtf8(body))),
  "multipart/form-data": async (body, contentType) =>
    body.length === 0 ? {} : nestFields(await parseMultipart(body, contentType)),
};

const bodySizeMax = 1024 * 1024;

/** Reads bodies as 3scale does: JSON, forms with brackets, and multipart forms, whose files are left out; also with a GET. */
export function addBodyParsers(http: FastifyInstance): void {
  for (const [type, read] of Object.entries(bodyParsers)) {
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
    if (request.method === "GET") request.body = await parseBodyOfGet(request);
  });
}

/** Whether the request names one of the types that parameters are read from. */
export const hasReadableType = ({ headers }: Pick<FastifyRequest, "headers">): boolean =>
  parserOf(headers["content-type"]) !== undefined;

const parserOf = (contentType = ""): BodyParser | undefined =>
  bodyParsers[(contentType.split(";", 1)[0] ?? "").trim().toLowerCase()];

async function parseBodyOfGet({ headers, raw }: FastifyRequest): Promise<object | undefined> {
  const read = parserOf(headers["content-type"]);
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

function parseJsonObject(body: Buffer): object {
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
async function parseMultipart(body: Buffer<ArrayBuffer>, contentType: string): Promise<[string, string][]> {
  const form = await parseForm(body, contentType);
  const fields = [...form].filter((field): field is [string, string] => typeof field[1] === "string");
  if (fields.flat().some((text) => text.includes("\ufffd"))) decodeUtf8(body);
  return fields;
}

async function parseForm(body: Buffer<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}
