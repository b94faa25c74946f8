import { isDate } from "node:util/types";
import pg from "pg";

const { INT8, DATE } = pg.types.builtins;
const int8ArrayOid = 1016;

/** bigint arrives as number, and a date as its text, because midnight is not the same moment everywhere. */
const ours: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [INT8, wholeNumber],
  [int8ArrayOid, wholeNumbers],
  [DATE, (text) => text],
]);

/** How the text of a type's values is read. */
export const parserOf = (typeId: number): ((text: string) => unknown) =>
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- any number will do: a type without a name is read as text
  ours.get(typeId) ?? pg.types.getTypeParser(typeId, "text");

/** Returns the name of a column as the property of a row: `created_at` is read as `createdAt`. */
export const propertyName = (column: string): string =>
  column.replaceAll(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Ids stay below 2^53 by design (4096 cells of 2^40); a number that does not fit is a mistake, not a rounded id. */
function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} does not fit into a JavaScript number.`);
  return number;
}

function wholeNumbers(text: string): (number | null)[] {
  const elements = text.slice(1, -1);
  return elements === ""
    ? []
    : elements.split(",").map((element) => (element === "NULL" ? null : wholeNumber(element)));
}

/** A value as it goes to PostgreSQL: text that it reads, or bytes as they are. */
export type SerializedValue = string | Buffer | null;

/**
 * Null, text, numbers, booleans, moments, bytes, arrays of them; anything else as JSON. Statements that take thousands of
 * values write their arrays themselves, which is quicker: array-text.ts. (PostgreSQL, "Array Input and Output Syntax".)
 */
export function serializeValue(value: unknown): SerializedValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "object") throw new TypeError(`PostgreSQL has no value for a ${typeof value}.`);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (isDate(value)) return value.toISOString();
  return Array.isArray(value) ? writeArray(value) : JSON.stringify(value);
}

const writeArray = (values: readonly unknown[]): string => `{${values.map(writeElement).join()}}`;

function writeElement(element: unknown): string {
  if (typeof element === "number") return String(element);
  if (Array.isArray(element)) return writeArray(element);
  const written = serializeValue(element);
  if (written === null) return "NULL";
  return typeof written === "string" ? quoted(written) : `"\\\\x${written.toString("hex")}"`;
}

const quoted = (text: string): string => `"${text.replaceAll(needsEscape, "\\$&")}"`;

const needsEscape = /["\\]/g;

/**
 * Arrays as PostgreSQL's text, for statements that take thousands of values: a third of the time that the driver takes,
 * which looks at each value's type and quotes it. (PostgreSQL, "Array Input and Output Syntax".)
 */

/** Writes an array of values whose text needs no quotes: numbers, ids, ISO 8601 times, our own words. */
export function plainArray(values: readonly (string | number | null)[]): string {
  let text = "";
  for (const value of values) text += `,${value ?? "NULL"}`;
  return `{${text.slice(1)}}`;
}

/** Writes an array of arbitrary texts. */
export const textArray = (values: readonly (string | null)[]): string =>
  plainArray(values.map((value) => (value === null ? null : `"${value.replaceAll(escapedInArrays, "\\$&")}"`)));

/**
 * Of objects, for json. JSON has no control characters, so as a JSON text it is quoted as an array wants it, in a third of the
 * time.
 */
export const jsonArray = (values: readonly (object | null)[]): string =>
  plainArray(values.map((value) => (value === null ? null : JSON.stringify(JSON.stringify(value)))));

/** Writes an array of bytes, as hexadecimal digits. */
export const bytesArray = (values: readonly (Uint8Array | null)[]): string =>
  plainArray(
    values.map((value) =>
      value === null ? null : `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}"`,
    ),
  );

const escapedInArrays = /["\\]/g;
