import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { parsePairs, queryString } from "#http/shared/forms.ts";
import { isRecord } from "#platform/document.ts";
import { parseRowId } from "#platform/ids.ts";
import { plainText } from "#portal/fields/index.ts";

export { plainText as parseText } from "#portal/fields/index.ts";

/** Named input from the query or the body. */
export type Parameters = Readonly<Record<string, unknown>>;

export const bodyParameters = ({ body }: FastifyRequest): Parameters => (isRecord(body) ? body : {});

export const queryParameters = (request: Pick<FastifyRequest, "url">): Parameters =>
  nestFields(parsePairs(queryString(request)));

/** Parses a parameter as a row's id. Returns 0, which no row has, if it cannot be an id. */
export function parseId(value: unknown): number | undefined {
  const text = plainText(value);
  if (text === undefined || text === "") return undefined;
  return parseRowId(text.replace(/^0+/, "")) ?? 0; // 3scale ignores leading zeros
}

type FieldValue = string | FieldValue[] | Fields;
interface Fields {
  [name: string]: FieldValue;
}

/** Deeper names stay flat. No parameter nests that far, and the limit bounds the stack and the time that a hostile form takes. */
const nestedName = /^([^[\]]+)((?:\[[^[\]]*\]){0,3})$/;

/** Parameters that become a list when they are repeated, with or without brackets. */
const listParameters: ReadonlySet<string> = new Set([
  "allowed_sections",
  "allowed_service_ids",
  "application_key",
  "choices",
  "member_permission_ids",
  "member_permission_service_ids",
  "scopes",
]);

/** Nests the fields of a form by their brackets: `a=x`, `a[b]=x`, `a[]=x`. A repeated field replaces, unless it is a list. */
export function nestFields(pairs: Iterable<readonly [string, string]>): Fields {
  const nested: Fields = {};
  for (const [name, text] of pairs) {
    const path = fieldPath(name);
    if (!path.includes("__proto__")) setField(nested, path, text);
  }
  return nested;
}

function fieldPath(name: string): readonly string[] {
  const [, first, brackets = ""] = nestedName.exec(name) ?? [];
  const inner = Array.from(brackets.matchAll(/\[([^[\]]*)\]/g), ([, bracketed = ""]) => bracketed);
  return first === undefined ? [name] : [first, ...inner];
}

function setField(fields: Fields, [first = "", ...rest]: readonly string[], text: string): void {
  const current = Object.hasOwn(fields, first) ? fields[first] : undefined;
  const isListItem = rest.length === 0 ? current !== undefined && listParameters.has(first) : rest[0] === "";
  if (isListItem && Array.isArray(current)) {
    current.push(text); // in place: a form of 1 MB can repeat a field 150,000 times
  } else if (rest.length === 0) {
    fields[first] = isListItem && current !== undefined ? [current, text] : text;
  } else if (isListItem) {
    fields[first] = [text];
  } else {
    const inner = typeof current === "object" && !Array.isArray(current) ? current : {};
    setField(inner, rest, text);
    fields[first] = inner;
  }
}

/** The default page size, and the largest. */
const perPageMax = 500;

export const pageQuery = {
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1, description: "The number of the page. Starts at 1." })),
  per_page: Type.Optional(
    Type.Integer({ minimum: 1, maximum: perPageMax, default: perPageMax, description: "The size of a page." }),
  ),
};

interface Page {
  readonly page: number;
  readonly limit: number;
  readonly offset: number;
}

/** Parses `page` and `per_page`. Invalid values count as absent. */
export function parsePage(query: Parameters): Page {
  const [number, size] = [Number(plainText(query["page"])), Number(plainText(query["per_page"]))];
  const page = Number.isInteger(number) && number >= 1 && number <= 1_000_000_000 ? number : 1;
  const limit = Number.isInteger(size) && size >= 1 && size <= perPageMax ? size : perPageMax;
  return { page, limit, offset: (page - 1) * limit };
}

export type PageMetadata = Readonly<Record<"per_page" | "total_entries" | "total_pages" | "current_page", number>>;

/** Returns a page's position in a list of several pages: attributes of the root in XML, `metadata` in JSON. */
export function pageMetadata({ page, limit }: Page, total: number): PageMetadata | undefined {
  if (total <= limit) return undefined;
  return { per_page: limit, total_entries: total, total_pages: Math.ceil(total / limit), current_page: page };
}
