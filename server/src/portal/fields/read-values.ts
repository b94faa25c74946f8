import { trimmed } from "#platform/document/plain-text.ts";
import { isXmlText } from "#platform/document/xml-text.ts";
import type { FieldErrors } from "./field-errors.ts";

/** Values as a form or a program sent them, by name. */
export type FieldInput = Readonly<Record<string, unknown>>;

/** One thing that an input says. `undefined`: it does not name it. */
export type Read<T> = { readonly value: T | undefined; readonly wrong: readonly string[] };

const fine = <T>(value: T | undefined): Read<T> => ({ value, wrong: [] });
const wrong = <T>(...messages: readonly string[]): Read<T> => ({ value: undefined, wrong: messages });

const textLengthMax = 255;

export function readText(input: FieldInput, name: string, lengthMax = textLengthMax): Read<string> {
  const it = input[name];
  if (it === undefined) return fine<string>(undefined);
  if (it !== null && typeof it !== "string" && typeof it !== "number") return wrong("is invalid");
  const text = trimmed(String(it ?? ""));
  if (!isXmlText(text)) return wrong("contains characters that are not allowed");
  return text.length > lengthMax ? wrong(`is too long (maximum is ${lengthMax} characters)`) : fine(text);
}

const emailLengthMin = 6;
const emailLengthMax = 255;
const emailShape = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)*$/;

/** Says what is wrong with an e-mail address; of a missing one, that it does not look like any. */
export function judgeEmail(email: string): readonly string[] {
  if (!emailShape.test(email) || !isXmlText(email)) return ["should look like an email address"];
  if (email.length < emailLengthMin) return [`is too short (minimum is ${emailLengthMin} characters)`];
  return email.length > emailLengthMax ? [`is too long (maximum is ${emailLengthMax} characters)`] : [];
}

/** A text that must be there, if it is named. */
export function readName(input: FieldInput, name: string): Read<string> {
  const read = readText(input, name);
  return read.value === "" ? wrong("can't be blank") : read;
}

export function readChoice<T extends string>(input: FieldInput, name: string, choices: readonly T[]): Read<T> {
  const it = input[name];
  if (it === undefined || it === null || it === "") return fine<T>(undefined);
  const chosen = choices.find((choice) => choice === it || Number(choice) === it); // a version may come as a number
  return chosen === undefined ? wrong("is not included in the list") : fine(chosen);
}

const truths: ReadonlySet<unknown> = new Set([true, 1, "true", "1", "on", "yes"]);
const untruths: ReadonlySet<unknown> = new Set([false, 0, "false", "0", "off", "no", "", null]);

/** As forms and programs write it. */
export function readTruth(input: FieldInput, name: string): Read<boolean> {
  const it = input[name];
  if (it === undefined) return fine<boolean>(undefined);
  if (truths.has(it)) return fine(true);
  return untruths.has(it) ? fine(false) : wrong("is invalid");
}

const money = /^\d{1,16}(\.\d{1,4})?$/;
const finerMoney = /^\d{1,16}\.\d{5,}$/;

/** A sum that is not negative, as text. Nothing is zero. */
export function readMoney(input: FieldInput, name: string): Read<string> {
  const it = input[name];
  if (it === undefined) return fine<string>(undefined);
  if (it === null || it === "") return fine("0");
  const text = typeof it === "string" || typeof it === "number" ? String(it).trim() : "";
  if (money.test(text)) return fine(text);
  if (finerMoney.test(text)) return wrong("has too many decimals (maximum is 4)");
  return wrong(text.startsWith("-") ? "must be greater than or equal to 0" : "is not a number");
}

const daysMax = 36_500;

/** A whole number of days. Nothing is null. */
export function readDays(input: FieldInput, name: string): Read<number | null> {
  const it = input[name];
  if (it === undefined) return fine<number | null>(undefined);
  if (it === null || it === "") return fine<number | null>(null);
  const days = Number(it);
  if (!Number.isInteger(days)) return wrong("is not a number");
  return days < 0 || days > daysMax ? wrong(`must be from 0 to ${daysMax}`) : fine<number | null>(days);
}

/** What is wrong with the parts of an input, by name. */
export const wrongOf = (read: Readonly<Record<string, Read<unknown>>>): FieldErrors =>
  Object.fromEntries(Object.entries(read).map(([name, it]) => [name, it.wrong]));
