import type { FastifyRequest } from "fastify";
import { Problem } from "#http/shared/problem.ts";
import { isRecord, queryOf } from "./read-parameters.ts";

export type Format = "xml" | "json";

type Asking = Pick<FastifyRequest, "params" | "url" | "headers">;

export const contentTypes = {
  xml: "application/xml; charset=utf-8",
  json: "application/json; charset=utf-8",
} as const satisfies Record<Format, string>;

/** The format that the request asks for: by extension, else the parameter `format`, else Accept, else XML. */
export function negotiateFormat(request: Asking, offered: readonly Format[]): Format {
  const asked = formatAsked(request);
  const format = offered.find((it) => it === asked);
  if (!format) throw new Problem("format-unknown");
  return format;
}

/** The format to refuse a request in: what it asked for, or XML where that cannot be understood. */
export const formatOfRefusal = (request: Asking): Format => (formatAsked(request) === "json" ? "json" : "xml");

function formatAsked(request: Asking): string | undefined {
  const extension = isRecord(request.params) ? request.params["extension"] : undefined;
  // Not refused if it cannot be read: a refusal needs a format, too.
  const byName = extension ?? new URLSearchParams(queryOf(request)).getAll("format").at(-1);
  return typeof byName === "string" ? byName.toLowerCase() : formatOfAccept(request.headers.accept ?? "*/*");
}

function formatOfAccept(accept: string): Format | undefined {
  const wanted = accept
    .split(",")
    .map((part) => /^\s*([^\s;]+)(?:.*;\s*q=([\d.]+))?/i.exec(part) ?? [])
    .map(([, type = "", quality = "1"]) => ({ format: formatOfType(type.toLowerCase()), quality: Number(quality) }))
    .filter(({ format, quality }) => format && quality > 0);
  return wanted.toSorted((a, b) => b.quality - a.quality)[0]?.format;
}

function formatOfType(type: string): Format | undefined {
  if (/^(application|text)\/json$/.test(type)) return "json";
  return /^((application|text)\/xml|(application|text|\*)\/\*)$/.test(type) ? "xml" : undefined;
}
