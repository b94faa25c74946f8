import { isDate } from "node:util/types";
import pg from "pg";

const { INT8, DATE } = pg.types.builtins;
const int8ArrayOid = 1016;
const uuidArrayOid = 2951;

/** bigint arrives as number, and a date as its text, because midnight is not the same moment everywhere. */
const ours: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [INT8, wholeNumber],
  [int8ArrayOid, wholeNumbers],
  [uuidArrayOid, (text) => elementsOf(text).map((element) => (element === "NULL" ? null : element))],
  [DATE, (text) => text],
]);

/** How the text of a type's values is read. */
export const parserOf = (typeId: number): ((text: string) => unknown) =>
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- any number will do: a type without a name is read as text
  ours.get(typeId) ?? pg.types.getTypeParser(typeId, "text");

/** Returns the name of a column as the property of a row: `created_at` is read as `createdAt`. */
export const propertyName = (column: string): string =>
  column.replaceAll(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The type of `propertyName`. */
export type PropertyName<Column extends string> = Column extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<PropertyName<Tail>>}`
  : Column;

/** Ids stay below 2^53 by design (4096 cells of 2^40); a number that does not fit is a mistake, not a rounded id. */
function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} does not fit into a JavaScript number.`);
  return number;
}

function wholeNumbers(text: string): (number | null)[] {
  return elementsOf(text).map((element) => (element === "NULL" ? null : wholeNumber(element)));
}

/** Returns the texts of an array's elements, which need no quotes. */
function elementsOf(text: string): readonly string[] {
  const elements = text.slice(1, -1);
  return elements === "" ? [] : elements.split(",");
}

/** A value as it goes to PostgreSQL: text that it reads, or bytes as they are. */
export type SerializedValue = string | Buffer | null;

/**
 * Null, text, numbers, booleans, moments, bytes, arrays of them; anything else as JSON. (PostgreSQL, "Array Input and Output Syntax".)
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

/*
 * Arrays as PostgreSQL's text, for statements that take thousands of values: a third of the time that the driver takes, which looks at
 * each value's type and quotes it.
 */

/** Writes an array of values whose text needs no quotes: numbers, ids, ISO 8601 times, our own words. */
export function plainArray(values: readonly (string | number | null)[]): string {
  let text = "";
  for (const value of values) text += `,${value ?? "NULL"}`;
  return `{${text.slice(1)}}`;
}

/** Writes an array of arbitrary texts. */
export const textArray = (values: readonly (string | null)[]): string =>
  plainArray(values.map((value) => (value === null ? null : quoted(value))));

/*
 * Times, objects and bytes as arrays in PostgreSQL's binary format: as text, a time costs a microsecond here and half of one there,
 * and bytes are written as hexadecimal digits. The driver sends a buffer as a binary parameter. The statement casts the parameter
 * to the same type. (array_recv, and the receive functions of the types.)
 */

/** Writes a `timestamptz[]`, of times before the year 2285. */
export const timesArray = (times: readonly Date[]): Buffer => {
  const writer = new ArrayWriter(typeIds.timestamptz, times.length, times.length * 12);
  for (const time of times) writer.time(time.getTime());
  return writer.written;
};

/** Writes a `json[]`. */
export const jsonArray = (values: readonly (object | null)[]): Buffer => {
  const writer = new ArrayWriter(typeIds.json, values.length, values.length * 128);
  for (const value of values) writer.text(value === null ? null : JSON.stringify(value));
  return writer.written;
};

/** Writes a `bytea[]`. */
export const bytesArray = (values: readonly (Uint8Array | null)[]): Buffer => {
  const writer = new ArrayWriter(typeIds.bytea, values.length, values.length * 64);
  for (const value of values) writer.bytes(value);
  return writer.written;
};

/** The ids of pg_type, which never change. */
const typeIds = { bytea: 17, json: 114, timestamptz: 1184 } as const;
/** Dimensions, flags, element type, length, first index. */
const headBytes = 20;
const isNull = -1;
const epochMs = 946_684_800_000;

class ArrayWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(typeId: number, count: number, bytesExpected: number) {
    this.#bytes = Buffer.allocUnsafe(headBytes + bytesExpected);
    for (const number of [1, 0, typeId, count, 1]) this.#integer(number);
  }

  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Writes the microseconds since 2000. */
  time(msSince1970: number): void {
    const microseconds = (msSince1970 - epochMs) * 1000;
    if (!Number.isSafeInteger(microseconds)) throw new RangeError("Invalid time value");
    this.#reserve(12);
    this.#integer(8);
    this.#integer(Math.floor(microseconds / 2 ** 32));
    this.#integer(microseconds | 0);
  }

  bytes(value: Uint8Array | null): void {
    this.#reserve(4 + (value?.length ?? 0));
    this.#integer(value?.length ?? isNull);
    if (value === null) return;
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  text(value: string | null): void {
    if (value === null) return this.bytes(null);
    this.#reserve(4 + 3 * value.length); // a UTF-16 unit takes at most three bytes
    const size = this.#bytes.write(value, this.#at + 4);
    this.#integer(size);
    this.#at += size;
  }

  #integer(value: number): void {
    this.#at = this.#bytes.writeInt32BE(value, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * this.#bytes.length + bytes);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
