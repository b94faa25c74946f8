import type { FastifyRequest } from "fastify";
import { Problem } from "#http/shared/problem.ts";
import { isRecord, queryString } from "./parameters.ts";

export type Format = "xml" | "json";

type FormatRequest = Pick<FastifyRequest, "params" | "url" | "headers">;

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
  const byName = extension ?? new URLSearchParams(queryString(request)).getAll("format").at(-1);
  return typeof byName === "string" ? byName.toLowerCase() : acceptedFormat(request.headers.accept ?? "*/*");
}

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
