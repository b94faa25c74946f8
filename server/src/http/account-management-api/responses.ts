import type { FastifyReply, FastifyRequest } from "fastify";
import { hash } from "node:crypto";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type TSchema, Type } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import { isRecord } from "#platform/document.ts";
import { queryString } from "./parameters.ts";

export type Format = "xml" | "json";

type FormatRequest = Pick<FastifyRequest, "params" | "url" | "headers"> & { readonly body?: unknown };

export const contentTypes = {
  xml: "application/xml; charset=utf-8",
  json: "application/json; charset=utf-8",
} as const satisfies Record<Format, string>;

/** Returns the requested format, in this order: the path's extension, the parameter `format`, Accept, XML. */
export function negotiateFormat(request: FormatRequest, offered: readonly Format[]): Format {
  const requested = requestedFormat(request);
  const format = offered.find((candidate) => candidate === requested);
  if (!format) throw new Problem("format-unknown");
  return format;
}

/** Returns the format of an error: the requested one, or XML if that is unknown. */
export const formatOfError = (request: FormatRequest): Format => (requestedFormat(request) === "json" ? "json" : "xml");

function requestedFormat(request: FormatRequest): string | undefined {
  const extension = isRecord(request.params) ? request.params["extension"] : undefined;
  // Does not throw on a malformed query: the error response needs a format, too.
  const byQuery = new URLSearchParams(queryString(request)).getAll("format").at(-1);
  const byName = extension ?? byQuery ?? formatInBody(request.body);
  return typeof byName === "string" ? byName.toLowerCase() : acceptedFormat(request.headers.accept ?? "*/*");
}

/** Returns a known format only, because the body may have a field of the provider with that name. */
const formatInBody = (body: unknown): Format | undefined =>
  isRecord(body) ? (["xml", "json"] as const).find((format) => format === body["format"]) : undefined;

interface MediaRange {
  readonly type: string;
  readonly quality: number;
  /** Its position in the list: of two with equal quality, the first wins. */
  readonly position: number;
}

/** Returns the preferred format by RFC 9110 §12.5.1: the most specific range that matches a format gives its quality. */
function acceptedFormat(accept: string): Format | undefined {
  const ranges = accept.split(",").flatMap((part, position): readonly MediaRange[] => {
    const [, type = "", quality = "1"] = /^\s*([^\s;]+)(?:.*;\s*q=([\d.]+))?/i.exec(part) ?? [];
    return type === "" ? [] : [{ type: type.toLowerCase(), quality: Number(quality), position }];
  });
  if (ranges.length === 0) return "xml";
  const acceptable = (["xml", "json"] as const).flatMap((format) => {
    const range = mostSpecificRange(format, ranges);
    return range && range.quality > 0 ? [{ format, ...range }] : [];
  });
  return acceptable.toSorted((a, b) => b.quality - a.quality || a.position - b.position)[0]?.format;
}

function mostSpecificRange(format: Format, ranges: readonly MediaRange[]): MediaRange | undefined {
  const bySpecificity = [[`application/${format}`, `text/${format}`], ["application/*", "text/*"], ["*/*"]];
  const matches = bySpecificity.map((types) => ranges.find(({ type }) => types.includes(type)));
  return matches.find((range) => range !== undefined);
}

/** A rendered body. A list is rendered in parts while it is sent, because it may not fit into memory. */
export type Body = string | AsyncIterable<string>;

/** The result of an operation. The body is empty if the negotiated format has no renderer. */
export interface ApiResponse {
  /** Default 200. 201 comes with a `location`; 422 is a refused transition that shows the object. */
  readonly status?: 201 | 422;
  readonly location?: string;
  readonly xml?: () => Body;
  readonly json?: () => Body;
  readonly lastModified?: Date;
}

/** The documentation of a response: the schema of its JSON, and an example in each format. */
export interface ResponseDoc {
  readonly schema: TSchema;
  readonly example: Pick<ApiResponse, "xml" | "json">;
}

export async function sendResponse(reply: FastifyReply, format: Format, response: ApiResponse): Promise<FastifyReply> {
  const rendered = response[format]?.();
  if (response.location !== undefined) reply.header("location", response.location);
  reply.type(contentTypes[format]);
  if (rendered === undefined) return reply.code(200).send("");
  const body = typeof rendered === "string" ? rendered : await bufferStream(inTurns(rendered));
  // An ETag needs the whole body.
  if (typeof body !== "string" && !Buffer.isBuffer(body)) return reply.code(200).send(Readable.from(body));

  const tag = `W/"${hash("sha256", body, "base64url").slice(0, 27)}"`;
  reply.header("etag", tag);
  if (response.lastModified) reply.header("last-modified", response.lastModified.toUTCString());
  if (isFresh(reply.request, tag)) return reply.code(304).send();
  return reply.code(response.status ?? 200).send(body);
}

/**
 * Returns true if the caller's cached copy is current. Compares only the ETag: `Last-Modified` covers the object's own row,
 * but the body also shows rows of others (an account's users, an application's keys), and two updates may share a second.
 */
function isFresh({ method, headers }: FastifyRequest, tag: string): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const tags = headers["if-none-match"]?.split(",") ?? [];
  return tags.some((candidate) => ["*", tag, tag.slice(2)].includes(candidate.trim()));
}

/** Characters that are rendered in one turn of the event loop: three to eight milliseconds. */
const turnLength = 256 * 1024;

/** Joins parts to chunks, and lets other work of the process run after each. */
async function* inTurns(parts: AsyncIterable<string>): AsyncGenerator<string, void> {
  let chunk = "";
  for await (const part of parts) {
    chunk += part;
    if (chunk.length < turnLength) continue;
    yield chunk;
    chunk = "";
    await nextTurn();
  }
  yield chunk;
}

/** Bytes. Longer bodies are streamed, without an ETag: 500 objects of 8 kB each. */
const bufferedMax = 4_000_000;

/** Returns a stream's content as one buffer, or as a stream with backpressure if it is longer than `bufferedMax`. */
export async function bufferStream(chunks: AsyncIterable<string>): Promise<Buffer | AsyncIterable<string | Buffer>> {
  const iterator = chunks[Symbol.asyncIterator]();
  const buffered: Buffer[] = [];
  let size = 0;
  while (size <= bufferedMax) {
    const next = await iterator.next();
    if (next.done) return Buffer.concat(buffered);
    const bytes = Buffer.from(next.value);
    buffered.push(bytes);
    size += bytes.length;
  }
  return resumeStream(buffered, iterator);
}

async function* resumeStream(
  buffered: readonly Buffer[],
  rest: AsyncIterator<string>,
): AsyncGenerator<string | Buffer, void> {
  yield* buffered;
  yield* { [Symbol.asyncIterator]: () => rest };
}

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Renders JSON with 3scale's escapes, which make it safe inside HTML. */
export const renderJson = (json: unknown): string =>
  JSON.stringify(json).replaceAll(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);

export const idSchema = Type.Integer();
export const timeSchema = Type.String({ format: "date-time" });
export const timestamps = { created_at: timeSchema, updated_at: timeSchema };
export const linksSchema = Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) }));
export const optionalBoolean = Type.Optional(Type.Boolean());
export const optionalText = Type.Optional(Type.String());

export const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

export const metadataSchema = Type.Optional(
  Type.Object(
    {
      per_page: Type.Integer(),
      total_entries: Type.Integer(),
      total_pages: Type.Integer(),
      current_page: Type.Integer(),
    },
    { title: "Metadata", description: "The position of this page in the list. Absent if the list has one page." },
  ),
);
