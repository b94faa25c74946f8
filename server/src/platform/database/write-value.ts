import { isDate } from "node:util/types";

/** A value as it goes to PostgreSQL: text that it reads, or bytes as they are. */
export type WrittenValue = string | Buffer | null;

/**
 * Null, text, numbers, booleans, moments, bytes, arrays of them; anything else as JSON. Statements that take thousands of
 * values write their arrays themselves, which is quicker: array-text.ts. (PostgreSQL, "Array Input and Output Syntax".)
 */
export function writeValue(value: unknown): WrittenValue {
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
  const written = writeValue(element);
  if (written === null) return "NULL";
  return typeof written === "string" ? quoted(written) : `"\\\\x${written.toString("hex")}"`;
}

const quoted = (text: string): string => `"${text.replaceAll(needsEscape, "\\$&")}"`;

const needsEscape = /["\\]/g;
