import { hash } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { contentTypes, type Format } from "../requests/negotiate-format.ts";
import { gatherPieces } from "./gather-pieces.ts";

/** As it is written: what may be longer than fits into memory, in pieces. */
export type Body = string | Promise<string> | AsyncIterable<string>;

/** What an operation answers. An answer without the format that was negotiated is empty. */
export interface Answer {
  /** 201 for what has been made, with its `location`; 422 for a refusal that shows the object; else 200. */
  readonly status?: 201 | 422;
  readonly location?: string;
  readonly xml?: () => Body;
  readonly json?: () => Body;
  readonly lastModified?: Date;
}

export async function sendAnswer(reply: FastifyReply, format: Format, answer: Answer): Promise<FastifyReply> {
  const written = await answer[format]?.();
  if (answer.location !== undefined) reply.header("location", answer.location);
  reply.type(contentTypes[format]);
  if (written === undefined) return reply.code(200).send("");
  const body = typeof written === "string" ? written : await gatherPieces(written);
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
