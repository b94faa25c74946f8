import type { FastifyRequest } from "fastify";
import { Problem } from "#http/shared/problem.ts";
import { isRecord, queryString } from "./parameters.ts";

export type Format = "xml" | "json";

type FormatRequest = Pick<FastifyRequest, "params" | "url" | "headers">;

export const contentTypes = {
  xml: "application/xml; charset=utf-8",
  json: "application/json; charset=utf-8",
} as const satisfies Record<Format, string>;

/** The format that the request asks for: by extension, else the parameter `format`, else Accept, else XML. */
export function negotiateFormat(request: FormatRequest, offered: readonly Format[]): Format {
  const asked = requestedFormat(request);
  const format = offered.find((it) => it === asked);
  if (!format) throw new Problem("format-unknown");
  return format;
}

/** The format to refuse a request in: what it asked for, or XML where that cannot be understood. */
export const formatOfError = (request: FormatRequest): Format => (requestedFormat(request) === "json" ? "json" : "xml");

function requestedFormat(request: FormatRequest): string | undefined {
  const extension = isRecord(request.params) ? request.params["extension"] : undefined;
  // Not refused if it cannot be read: a refusal needs a format, too.
  const byName = extension ?? new URLSearchParams(queryString(request)).getAll("format").at(-1);
  return typeof byName === "string" ? byName.toLowerCase() : formatOfAccept(request.headers.accept ?? "*/*");
}

interface Range {
  readonly type: string;
  readonly quality: number;
  /** Where it stands in the list: of two that are as good, the first is meant. */
  readonly at: number;
}

/** The better format by RFC 9110 §12.5.1: for each, the closest range that names it says how good it is. */
function formatOfAccept(accept: string): Format | undefined {
  const ranges = accept.split(",").flatMap((part, at): readonly Range[] => {
    const [, type = "", quality = "1"] = /^\s*([^\s;]+)(?:.*;\s*q=([\d.]+))?/i.exec(part) ?? [];
    return type === "" ? [] : [{ type: type.toLowerCase(), quality: Number(quality), at }];
  });
  if (ranges.length === 0) return "xml";
  const judged = (["xml", "json"] as const).flatMap((format) => {
    const range = closest(format, ranges);
    return range && range.quality > 0 ? [{ format, ...range }] : [];
  });
  return judged.toSorted((one, other) => other.quality - one.quality || one.at - other.at)[0]?.format;
}

function closest(format: Format, ranges: readonly Range[]): Range | undefined {
  const byCloseness = [[`application/${format}`, `text/${format}`], ["application/*", "text/*"], ["*/*"]];
  const found = byCloseness.map((types) => ranges.find(({ type }) => types.includes(type)));
  return found.find((range) => range !== undefined);
}
