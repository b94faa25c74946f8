import { hash } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { type Format, contentTypes } from "./negotiate-format.ts";

/** As it is written: what may be longer than fits into memory, in pieces. */
export type Body = string | Promise<string> | AsyncIterable<string>;

/** What an operation answers. An answer without the format that was negotiated is empty. */
export interface ApiResponse {
  /** 201 for what has been made, with its `location`; 422 for a refusal that shows the object; else 200. */
  readonly status?: 201 | 422;
  readonly location?: string;
  readonly xml?: () => Body;
  readonly json?: () => Body;
  readonly lastModified?: Date;
}

export async function sendResponse(reply: FastifyReply, format: Format, answer: ApiResponse): Promise<FastifyReply> {
  const written = await answer[format]?.();
  if (answer.location !== undefined) reply.header("location", answer.location);
  reply.type(contentTypes[format]);
  if (written === undefined) return reply.code(200).send("");
  const body = typeof written === "string" ? written : await bufferStream(written);
  if (typeof body !== "string") return reply.code(200).send(Readable.from(body)); // its tag would be known at its end

  const tag = `W/"${hash("sha256", body, "base64url").slice(0, 27)}"`;
  reply.header("etag", tag);
  if (answer.lastModified) reply.header("last-modified", answer.lastModified.toUTCString());
  if (isFresh(reply.request, tag)) return reply.code(304).send();
  return reply.code(answer.status ?? 200).send(body);
}

/**
 * Whether the caller holds this very answer. By its tag alone: `Last-Modified` is when the row itself changed, and an account
 * also says its users and plans, an application its keys, each a row of its own; and two changes may share a second.
 */
function isFresh({ method, headers }: FastifyRequest, tag: string): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const tags = headers["if-none-match"]?.split(",") ?? [];
  return tags.some((it) => ["*", tag, tag.slice(2)].includes(it.trim()));
}

/** What an operation answers: the schema of its JSON, and an example in each of its formats. */
export interface ResponseDoc {
  readonly schema: TSchema;
  readonly example: Pick<ApiResponse, "xml" | "json">;
}

/** Characters: what is not longer is sent whole, and so with a tag. */
const bufferedMax = 1_000_000;

/** Pieces as one text, unless it is too long: then as pieces, of which none is made before the one before it is taken. */
export async function bufferStream(pieces: AsyncIterable<string>): Promise<string | AsyncIterable<string>> {
  const iterator = pieces[Symbol.asyncIterator]();
  let gathered = "";
  while (gathered.length <= bufferedMax) {
    const next = await iterator.next();
    if (next.done) return gathered;
    gathered += next.value;
  }
  return resumeStream(gathered, iterator);
}

async function* resumeStream(gathered: string, rest: AsyncIterator<string>): AsyncGenerator<string, void> {
  yield gathered;
  yield* { [Symbol.asyncIterator]: () => rest };
}

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** JSON that is also safe inside a page, as 3scale writes it. */
export const renderJson = (it: unknown): string =>
  JSON.stringify(it).replaceAll(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
