import { parseLenientTime } from "#platform/times.ts";
import { isXmlText } from "#platform/xml.ts";
import type { FieldInput, Parsed } from "#portal/fields/index.ts";

/** Returns the text of a value, or undefined if the input does not contain it. */
function textInput(values: FieldInput, name: string): string | undefined {
  const input = values[name];
  if (input === undefined) return undefined;
  return typeof input === "string" || typeof input === "number" ? String(input).trim() : "";
}

/** Returns null for an empty text. */
export function parseTime(values: FieldInput, name: string, now: Date): Parsed<Date | null> {
  const text = textInput(values, name);
  if (text === undefined || text === "") return { value: text === "" ? null : undefined, wrong: [] };
  const value = parseLenientTime(text, now);
  return { value, wrong: value === undefined ? ["is invalid"] : [] };
}

const urlLengthMax = 65_535;

export function parseRedirectUrl(values: FieldInput, name: string): Parsed<string | null> {
  const url = textInput(values, name);
  return { value: url === "" ? null : url, wrong: urlErrors(url ?? "") };
}

function urlErrors(url: string): readonly string[] {
  if (!isXmlText(url)) return ["contains characters that are not allowed"];
  return url.length > urlLengthMax ? [`is too long (maximum is ${urlLengthMax} characters)`] : [];
}

const originLengthMax = 255;

export function parseOrigin(values: FieldInput, name: string): Parsed<string> {
  const origin = textInput(values, name) || undefined;
  const isInvalid = origin !== undefined && (origin.length > originLengthMax || !isXmlText(origin));
  return { value: origin, wrong: isInvalid ? ["is invalid"] : [] };
}

const userKeyLengthMax = 256;
// Words with dots and dashes, or base64 without slashes, which would end the key in a URL path.
const userKeyPattern = /^([\w.-]+|([A-Za-z0-9+]{4})*([A-Za-z0-9+]{4}|[A-Za-z0-9+]{3}=|[A-Za-z0-9+]{2}==))$/;

export function parseUserKey(values: FieldInput, name: string): Parsed<string> {
  const userKey = textInput(values, name) || undefined;
  return { value: userKey, wrong: userKey === undefined ? [] : userKeyErrors(userKey) };
}

function userKeyErrors(userKey: string): readonly string[] {
  if (userKey.length > userKeyLengthMax) return [`is too long (maximum is ${userKeyLengthMax} characters)`];
  return userKeyPattern.test(userKey) ? [] : ["is invalid"];
}

const idLengthMin = 4;
const idLengthMax = 255;

/** Parses one key or a list of keys. Empty keys are dropped. */
export function parseKeys(values: FieldInput, name: string): Parsed<readonly string[]> {
  const input = values[name];
  const items: readonly unknown[] = Array.isArray(input) ? input : [input];
  const keys = items.map((key) => textInput({ key }, "key") ?? "").filter((key) => key !== "");
  const isRepeated = new Set(keys.map((key) => key.toLowerCase())).size < keys.length;
  const wrong = [...new Set(keys.flatMap(keyErrors)), ...(isRepeated ? ["has already been taken"] : [])];
  return { value: keys.length > 0 ? keys : undefined, wrong };
}

// Printable, without spaces and slashes, which would end the id in a URL path.
const idPattern = /^[\x21-\x2e\x30-\x7e]+$/;

export function parseApplicationId(values: FieldInput, name: string): Parsed<string> {
  const id = textInput(values, name) || undefined;
  return { value: id, wrong: id === undefined ? [] : idErrors(id) };
}

function idErrors(id: string): readonly string[] {
  if (id.length < idLengthMin) return [`is too short (minimum is ${idLengthMin} characters)`];
  if (id.length > idLengthMax) return [`is too long (maximum is ${idLengthMax} characters)`];
  return idPattern.test(id) ? [] : ["is invalid"];
}

const keyLengthMin = 5;
const keyLengthMax = 255;
const printable = /^[\x21-\x7e]+$/;

/** Validates the value of a key. */
export function keyErrors(value: string): readonly string[] {
  if (value.length < keyLengthMin) return [`is too short (minimum is ${keyLengthMin} characters)`];
  if (value.length > keyLengthMax) return [`is too long (maximum is ${keyLengthMax} characters)`];
  return printable.test(value) ? [] : ["is invalid"];
}
