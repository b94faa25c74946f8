import { Type } from "typebox";
import { isXmlText, trimUnicode } from "#platform/xml.ts";

/** Validation errors, by the name of the form field or parameter. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** Merges errors by field, and leaves out fields without errors. */
export function mergeErrors(...parts: readonly FieldErrors[]): FieldErrors {
  const merged = new Map<string, readonly string[]>();
  for (const [name, messages] of parts.flatMap((part) => Object.entries(part))) {
    if (messages.length > 0) merged.set(name, [...(merged.get(name) ?? []), ...messages]);
  }
  return Object.fromEntries(merged);
}

export const hasNoErrors = (errors: FieldErrors): boolean => Object.keys(errors).length === 0;

/** Returns the error of a value that must be unique. */
export const takenErrors = (isTaken: boolean | undefined): readonly string[] =>
  isTaken ? ["has already been taken"] : [];

/** Returns the error of a transition that the current state does not allow, with its name in words, as 3scale writes it. */
export const refuseTransition = (step: string): { readonly refused: FieldErrors } => ({
  refused: { state: [`cannot transition via "${step.replaceAll("_", " ")}"`] },
});

/** Unparsed values of a form or a program, by name. */
export type FieldInput = Readonly<Record<string, unknown>>;

/** A parsed value. `undefined` if the input does not contain it. */
export type Parsed<T> = { readonly value: T | undefined; readonly wrong: readonly string[] };

const parsed = <T>(value: T | undefined): Parsed<T> => ({ value, wrong: [] });
const invalid = <T>(...messages: readonly string[]): Parsed<T> => ({ value: undefined, wrong: messages });

const shortTextLengthMax = 255;

export function parseText(input: FieldInput, name: string, lengthMax = shortTextLengthMax): Parsed<string> {
  const value = input[name];
  if (value === undefined) return parsed<string>(undefined);
  if (value !== null && typeof value !== "string" && typeof value !== "number") return invalid("is invalid");
  const text = trimUnicode(String(value ?? ""));
  if (!isXmlText(text)) return invalid("contains characters that are not allowed");
  return text.length > lengthMax ? invalid(`is too long (maximum is ${lengthMax} characters)`) : parsed(text);
}

const emailLengthMin = 6;
const emailLengthMax = 255;
const emailPattern = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)*$/;

/** Validates an email address. A missing one is reported as malformed. */
export function emailErrors(email: string): readonly string[] {
  if (!emailPattern.test(email) || !isXmlText(email)) return ["should look like an email address"];
  if (email.length < emailLengthMin) return [`is too short (minimum is ${emailLengthMin} characters)`];
  return email.length > emailLengthMax ? [`is too long (maximum is ${emailLengthMax} characters)`] : [];
}

/** Parses a text that must not be blank if the input contains it. */
export function parseRequiredText(input: FieldInput, name: string): Parsed<string> {
  const read = parseText(input, name);
  return read.value === "" ? invalid("can't be blank") : read;
}

export function parseChoice<T extends string>(input: FieldInput, name: string, choices: readonly T[]): Parsed<T> {
  const value = input[name];
  if (value === undefined || value === null || value === "") return parsed<T>(undefined);
  const chosen = choices.find((choice) => choice === value || Number(choice) === value); // JSON clients send versions as numbers
  return chosen === undefined ? invalid("is not included in the list") : parsed(chosen);
}

const trueValues: ReadonlySet<unknown> = new Set([true, 1, "true", "t", "1", "on", "yes"]);
const falseValues: ReadonlySet<unknown> = new Set([false, 0, "false", "f", "0", "off", "no", "", null]);

/** Parses a switch as forms and programs write it, in any case: a form of Python's has `True`. */
export function parseBoolean(input: FieldInput, name: string): Parsed<boolean> {
  const sent = input[name];
  const value = typeof sent === "string" ? sent.toLowerCase() : sent;
  if (value === undefined) return parsed<boolean>(undefined);
  if (trueValues.has(value)) return parsed(true);
  return falseValues.has(value) ? parsed(false) : invalid("is invalid");
}

/** Returns a value as text. JSON numbers and booleans count as their text, null as the empty text, others as absent. */
export function plainText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return value === null ? "" : undefined;
}

const railsFalseTexts: ReadonlySet<string> = new Set(["", "0", "f", "false", "off"]);

/** Parses a switch as Rails does: true unless it is one of `railsFalseTexts`. */
export function parseRailsBoolean(input: FieldInput, name: string): Parsed<boolean> {
  const text = plainText(input[name]);
  return parsed(text === undefined ? undefined : !railsFalseTexts.has(text.toLowerCase()));
}

const moneyPattern = /^\d{1,16}(\.\d{1,4})?$/;
const finerMoneyPattern = /^\d{1,16}\.\d{5,}$/;

/** Writes an amount as the database returns it, with four decimals, so that an unchanged one is equal. */
function withFourDecimals(amount: string): string {
  const [integer = "", decimals = ""] = amount.split(".");
  return `${integer.replace(/^0+(?=\d)/, "")}.${decimals.padEnd(4, "0")}`;
}

/** Parses a non-negative amount, as text. Blank is zero. */
export function parseMoney(input: FieldInput, name: string): Parsed<string> {
  const value = input[name];
  if (value === undefined) return parsed<string>(undefined);
  if (value === null || value === "") return parsed(withFourDecimals("0"));
  const text = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  if (moneyPattern.test(text)) return parsed(withFourDecimals(text));
  if (finerMoneyPattern.test(text)) return invalid("has too many decimals (maximum is 4)");
  return invalid(text.startsWith("-") ? "must be greater than or equal to 0" : "is not a number");
}

const daysMax = 36_500;

/** Parses a whole number of days. Blank is null. */
export function parseDays(input: FieldInput, name: string): Parsed<number | null> {
  const value = input[name];
  if (value === undefined) return parsed<number | null>(undefined);
  if (value === null || value === "") return parsed<number | null>(null);
  const days = Number(value);
  if (!Number.isInteger(days)) return invalid("is not a number");
  return days < 0 || days > daysMax ? invalid(`must be from 0 to ${daysMax}`) : parsed<number | null>(days);
}

/** Parses a whole number. Blank is undefined. */
export function parseWhole(values: FieldInput, name: string): Parsed<number> {
  const text = plainText(values[name])?.trim() ?? "";
  if (text === "") return parsed<number>(undefined);
  const number = Number(text);
  if (Number.isNaN(number)) return invalid("is not a number");
  return Number.isSafeInteger(number) ? parsed(number) : invalid("must be an integer");
}

/** Returns the errors of parsed values, by name. */
export const errorsOf = (read: Readonly<Record<string, Parsed<unknown>>>): FieldErrors =>
  Object.fromEntries(Object.entries(read).map(([name, result]) => [name, result.wrong]));

export type Annotations = Readonly<Record<string, string>>;

export const annotationsSchema = Type.Object(
  { managed_by: Type.Optional(Type.String()) },
  { description: "Machine-readable notes. The only one is `managed_by`; an empty text removes it." },
);

const annotationLengthMax = 255;

/** The names that 3scale accepts. Others were accepted once, and stay until they are emptied. */
const knownAnnotations: ReadonlySet<string> = new Set(["managed_by"]);

/** Sorts names as jsonb does, shorter ones first, so that documents look the same before and after they are stored. */
const inStoredOrder = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a.length - b.length || (a < b ? -1 : 1);

/** Applies an input to annotations. Names that it omits stay; emptied ones are deleted. */
export function parseAnnotations(
  old: Annotations,
  input: unknown,
): { readonly annotations: Annotations; readonly errors: FieldErrors } {
  if (input === undefined || input === null || input === "") return { annotations: old, errors: {} };
  if (typeof input !== "object" || Array.isArray(input))
    return { annotations: old, errors: { annotations: ["is invalid"] } };

  const annotations = new Map(Object.entries(old));
  let hasUnknownName = false;
  const wrong: string[] = [];
  for (const [name, value] of Object.entries(input)) {
    const text: unknown = value ?? "";
    if (!knownAnnotations.has(name) && !annotations.has(name)) hasUnknownName = true;
    else if (typeof text !== "string") wrong.push(`${name} is invalid`);
    else if (!isXmlText(text)) wrong.push(`${name} contains characters that are not allowed`);
    else if (text.length > annotationLengthMax)
      wrong.push(`${name} is too long (maximum is ${annotationLengthMax} characters)`);
    else if (text.trim() === "") annotations.delete(name);
    else annotations.set(name, text);
  }
  return {
    annotations: Object.fromEntries([...annotations].toSorted(inStoredOrder)),
    errors: mergeErrors({
      "annotations.name": hasUnknownName ? ["is not included in the list"] : [],
      annotations: wrong,
    }),
  };
}
