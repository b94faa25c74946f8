import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { readPairs } from "#http/shared/forms.ts";
import { readId } from "#platform/ids/read-id.ts";

/** What a request says by name, in its query or its body. */
export type Parameters = Readonly<Record<string, unknown>>;

export const bodyParameters = ({ body }: FastifyRequest): Parameters => (isRecord(body) ? body : {});

export const queryString = ({ url }: Pick<FastifyRequest, "url">): string => url.split("?").slice(1).join("?");

export const queryParameters = (request: Pick<FastifyRequest, "url">): Parameters =>
  nestFields(readPairs(queryString(request)));

export const isRecord = (it: unknown): it is Parameters => typeof it === "object" && it !== null && !Array.isArray(it);

/** A parameter as text: JSON's numbers and booleans as they are written, null as nothing said (""). */
export function parseText(it: unknown): string | undefined {
  if (typeof it === "string") return it;
  if (typeof it === "number" || typeof it === "boolean") return String(it);
  return it === null ? "" : undefined;
}

const falseTexts = new Set(["", "0", "f", "false", "off"]);

/** A parameter as a switch: everything is on but what plainly says off. */
export function parseBoolean(it: unknown): boolean | undefined {
  const text = parseText(it);
  return text === undefined ? undefined : !falseTexts.has(text.toLowerCase());
}

/** A parameter as the id of a row; 0, which no row has, for what cannot be one. */
export function parseId(it: unknown): number | undefined {
  const text = parseText(it);
  if (text === undefined || text === "") return undefined;
  return readId(text.replace(/^0+/, "")) ?? 0; // leading zeros are none to 3scale
}

export type FieldValue = string | FieldValue[] | Fields;
export interface Fields {
  [name: string]: FieldValue;
}

/** Deeper names are taken as they stand: nothing here is nested so far, and a hostile form costs no stack. */
const depthMax = 4;

/** Names that stand for a list when they are given more than once, with brackets or without. */
const lists: ReadonlySet<string> = new Set([
  "allowed_sections",
  "allowed_service_ids",
  "application_key",
  "choices",
  "member_permission_ids",
  "member_permission_service_ids",
  "scopes",
]);

/**
 * What a form says, with its brackets understood: `a=x`, `a[b]=x`, `a[]=x`. A name that is given again replaces, unless it
 * is a list's.
 */
export function nestFields(given: Iterable<readonly [string, string]>): Fields {
  const nested: Fields = {};
  for (const [name, text] of given) {
    const path = pathOf(name);
    if (!path.includes("__proto__")) put(nested, path, text);
  }
  return nested;
}

function pathOf(name: string): readonly string[] {
  const [, first, brackets = ""] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  const inner = Array.from(brackets.matchAll(/\[([^[\]]*)\]/g), ([, it = ""]) => it);
  return first === undefined || inner.length >= depthMax ? [name] : [first, ...inner];
}

function put(into: Fields, [first = "", ...rest]: readonly string[], text: string): void {
  const there = Object.hasOwn(into, first) ? into[first] : undefined;
  const isOfList = rest.length === 0 ? there !== undefined && lists.has(first) : rest[0] === "";
  if (isOfList && Array.isArray(there)) {
    there.push(text); // not a copy each time: a form of 1 MB can say it 150,000 times
  } else if (rest.length === 0) {
    into[first] = isOfList && there !== undefined ? [there, text] : text;
  } else if (isOfList) {
    into[first] = [text];
  } else {
    const inner = typeof there === "object" && !Array.isArray(there) ? there : {};
    put(inner, rest, text);
    into[first] = inner;
  }
}

/** The default and the most. */
const perPageMax = 500;

export const pageQuery = {
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1, description: "Which page, from 1 on." })),
  per_page: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: perPageMax,
      default: perPageMax,
      description: "How many to a page.",
    }),
  ),
};

export interface Page {
  readonly page: number;
  readonly perPage: number;
  /** How many come before it. */
  readonly offset: number;
}

/** Which part of a list is asked for. What makes no sense is read as if it had not been said. */
export function parsePage({ page: asked, per_page }: Parameters): Page {
  const [at, per] = [Number(parseText(asked)), Number(parseText(per_page))];
  const page = Number.isInteger(at) && at >= 1 && at <= 1_000_000_000 ? at : 1;
  const perPage = Number.isInteger(per) && per >= 1 && per <= perPageMax ? per : perPageMax;
  return { page, perPage, offset: (page - 1) * perPage };
}

export type PageMetadata = Readonly<Record<"per_page" | "total_entries" | "total_pages" | "current_page", number>>;

/** Where a page stands in its list, when the list has more than one. In XML the root's attributes, in JSON `metadata`. */
export function pageMetadata({ page, perPage }: Page, total: number): PageMetadata | undefined {
  if (total <= perPage) return undefined;
  return { per_page: perPage, total_entries: total, total_pages: Math.ceil(total / perPage), current_page: page };
}
