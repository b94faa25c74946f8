import type { FastifyInstance, FastifyRequest } from "fastify";
import { decodeUtf8, parsePairs } from "#http/shared/forms.ts";
import { Problem } from "#http/shared/problem.ts";
import { nestFields } from "./parameters.ts";

type BodyParser = (body: Buffer<ArrayBuffer>, contentType: string) => object | Promise<object>;

const bodyParsers: Readonly<Record<string, BodyParser>> = {
  "application/json": parseJsonObject,
  "application/x-www-form-urlencoded": (body) => nestFields(parsePairs(decodeUtf8(body))),
  "multipart/form-data": async (body, contentType) =>
    body.length === 0 ? {} : nestFields(await parseMultipart(body, contentType)),
};

const bodySizeMax = 1024 * 1024;

/** Parses bodies as 3scale does: JSON, forms with brackets, and multipart forms without their files; of GET requests, too. */
export function addBodyParsers(http: FastifyInstance): void {
  for (const [type, parse] of Object.entries(bodyParsers)) {
    http.addContentTypeParser(
      type,
      { parseAs: "buffer", bodyLimit: bodySizeMax },
      async ({ headers }: FastifyRequest, body: Buffer<ArrayBuffer>) => parse(body, headers["content-type"] ?? ""),
    );
  }

  // 3scale accepts any Content-Type on an empty body.
  http.addContentTypeParser("*", { parseAs: "buffer" }, async (_request: FastifyRequest, body: Buffer) => {
    if (body.length > 0) throw new Problem("media-type-unsupported");
    return {};
  });

  // Fastify ignores the body of a GET. Rails, and so 3scale, reads parameters from it.
  http.addHook("preValidation", async (request) => {
    if (request.method === "GET") request.body = await parseBodyOfGet(request);
  });
}

/** Returns true if the request's Content-Type is one that parameters are parsed from. */
export const hasReadableType = ({ headers }: Pick<FastifyRequest, "headers">): boolean =>
  parserOf(headers["content-type"]) !== undefined;

const parserOf = (contentType = ""): BodyParser | undefined =>
  bodyParsers[(contentType.split(";", 1)[0] ?? "").trim().toLowerCase()];

async function parseBodyOfGet({ headers, raw }: FastifyRequest): Promise<object | undefined> {
  const parse = parserOf(headers["content-type"]);
  const isEmpty = Number(headers["content-length"] ?? 0) === 0 && headers["transfer-encoding"] === undefined;
  if (!parse || isEmpty) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > bodySizeMax) throw new Problem("body-too-large");
    chunks.push(bytes);
  }
  return parse(Buffer.concat(chunks), headers["content-type"] ?? "");
}

function parseJsonObject(body: Buffer): object {
  const text = decodeUtf8(body);
  if (text.trim() === "") return {};
  const json = parseJson(text);
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Problem("request-unreadable");
  return json;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}

/** Files may hold any bytes, so the UTF-8 check runs only if a field contains a replacement character. */
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
