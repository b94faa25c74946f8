import type { FastifyRequest } from "fastify";
import { readPairs } from "#http/shared/forms.ts";
import { readId } from "#platform/ids/read-id.ts";
import { nestFields } from "./nest-fields.ts";

/** What a request says by name, in its query or its body. */
export type Parameters = Readonly<Record<string, unknown>>;

export const readBody = ({ body }: FastifyRequest): Parameters => (isRecord(body) ? body : {});

export const queryOf = ({ url }: Pick<FastifyRequest, "url">): string => url.split("?").slice(1).join("?");

export const readQuery = (request: Pick<FastifyRequest, "url">): Parameters => nestFields(readPairs(queryOf(request)));

export const isRecord = (it: unknown): it is Parameters => typeof it === "object" && it !== null && !Array.isArray(it);

/** A parameter as text: JSON's numbers and booleans as they are written, null as nothing said (""). */
export function textOf(it: unknown): string | undefined {
  if (typeof it === "string") return it;
  if (typeof it === "number" || typeof it === "boolean") return String(it);
  return it === null ? "" : undefined;
}

const meansFalse = new Set(["", "0", "f", "false", "off"]);

/** A parameter as a switch: everything is on but what plainly says off. */
export function switchOf(it: unknown): boolean | undefined {
  const text = textOf(it);
  return text === undefined ? undefined : !meansFalse.has(text.toLowerCase());
}

/** A parameter as the id of a row; 0, which no row has, for what cannot be one. */
export function idOf(it: unknown): number | undefined {
  const text = textOf(it);
  if (text === undefined || text === "") return undefined;
  return readId(text.replace(/^0+/, "")) ?? 0; // leading zeros are none to 3scale
}
