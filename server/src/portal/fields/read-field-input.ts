import { writeDecimal } from "#platform/document/write-decimal.ts";
import { isXmlText } from "#platform/document/xml-text.ts";

import { textLimits } from "#platform/limits/limits.ts";

import { mergeErrors, type FieldErrors } from "./field-errors.ts";
import {
  addressParts,
  fieldOf,
  isAddress,
  isBillingAddress,
  isBuiltIn,
  isRate,
  type AddressValue,
  type FieldValue,
  type FieldValues,
} from "./field-value.ts";
import type { FieldsDefinition, FieldTarget } from "./fields-definition.ts";

/** Values as a form or a program sent them, by name. */
export type FieldInput = Readonly<Record<string, unknown>>;

/** The fields that an input names. Null: it is to be empty. */
export type GivenFields = Readonly<Record<string, FieldValue | null>>;

/** A developer neither sees nor writes what is hidden or read only. */
export type FieldWriter = "developer" | "program";

interface FieldInputNeeds {
  readonly definitions: readonly FieldsDefinition[];
  readonly target: FieldTarget;
  readonly writer: FieldWriter;
  /** What the fields hold so far: a value that is not offered any more may stay. */
  readonly held?: FieldValues;
}

/** Takes the defined fields out of an input and judges them. What is not defined is not looked at. */
export function readFieldInput(
  { definitions, target, writer, held = {} }: FieldInputNeeds,
  input: FieldInput,
): { readonly given: GivenFields; readonly errors: FieldErrors } {
  const given: Record<string, FieldValue | null> = {};
  const errors: FieldErrors[] = [];
  for (const definition of definitions) {
    const { name } = definition;
    if (definition.target !== target) continue;
    if (writer === "developer" && (definition.hidden || definition.readOnly)) continue;
    const it = isBillingAddress(target, name) ? readAddress(input) : readValue(input, name);
    if (it === undefined) continue;
    const wrong =
      it === "unreadable" ? ["is invalid"] : judge(definition, it.value, { writer, held: fieldOf(held, name) });
    if (wrong.length > 0) errors.push({ [name]: wrong });
    else if (it !== "unreadable") given[name] = isRate(target, name) ? asDecimal(it.value) : it.value;
  }
  return { given, errors: mergeErrors(...errors) };
}

/** What is wrong with an input that is to make something new: the required fields that it leaves out. */
export function missingFields({ definitions, target, writer }: FieldInputNeeds, input: FieldInput): FieldErrors {
  const missing = definitions.filter(
    (it) => it.target === target && isRequired(it, writer) && !Object.hasOwn(input, it.name),
  );
  return Object.fromEntries(missing.map(({ name }) => [name, [blank]]));
}

// What a program must tell of an account, a user and an application. All else that is required, only developers must.
const essential: ReadonlySet<string> = new Set(["org_name", "username", "name"]);

const isRequired = ({ required, name }: FieldsDefinition, writer: FieldWriter): boolean =>
  required && (writer === "developer" || essential.has(name));

/** The fields of an object after an input: what it does not name stays, and what it empties goes. */
export function withGiven(fields: FieldValues, given: GivenFields): FieldValues {
  const merged = new Map(Object.entries(fields));
  for (const [name, it] of Object.entries(given)) {
    const old = merged.get(name);
    const next = it !== null && isAddress(it) && old !== undefined && isAddress(old) ? { ...old, ...it } : it;
    if (next === null || isEmptyAddress(next)) merged.delete(name);
    else merged.set(name, next);
  }
  return Object.fromEntries(merged);
}

const isEmptyAddress = (it: FieldValue): boolean => isAddress(it) && Object.values(it).every((part) => part === "");

type Read = { readonly value: FieldValue | null } | "unreadable" | undefined;

function readValue(input: FieldInput, name: string): Read {
  if (!Object.hasOwn(input, name)) return undefined;
  const it = input[name];
  if (!Array.isArray(it)) {
    const text = readText(it);
    return text === undefined ? "unreadable" : { value: text === "" ? null : text };
  }
  const texts = it.map(readText);
  if (!texts.every((text) => text !== undefined)) return "unreadable";
  const filled = texts.filter((text) => text !== "");
  return { value: filled.length > 0 ? filled : null };
}

/** As one nested value, or in parts: `billing_address_city`. */
function readAddress(input: FieldInput): Read {
  const nested = input["billing_address"];
  const parts: AddressValue = Object.fromEntries(
    addressParts.flatMap((part): [string, string][] => {
      const it = isRecord(nested) && Object.hasOwn(nested, part) ? nested[part] : input[`billing_address_${part}`];
      const text = it === undefined ? undefined : readText(it);
      return text === undefined ? [] : [[part, text]];
    }),
  );
  if (Object.keys(parts).length > 0) return { value: parts };
  if (nested === undefined) return undefined;
  return nested === null || nested === "" ? { value: null } : "unreadable";
}

function readText(it: unknown): string | undefined {
  if (it === null) return "";
  return typeof it === "string" || typeof it === "number" || typeof it === "boolean" ? String(it).trim() : undefined;
}

const isRecord = (it: unknown): it is Readonly<Record<string, unknown>> =>
  typeof it === "object" && it !== null && !Array.isArray(it);

const asDecimal = (it: FieldValue | null): FieldValue | null => (typeof it === "string" ? writeDecimal(it) : it);

const blank = "can't be blank";
const builtInLengthMax = 255;
const number = /^-?\d{1,16}(\.\d{1,16})?$/;

function judge(
  definition: FieldsDefinition,
  it: FieldValue | null,
  { writer, held }: { readonly writer: FieldWriter; readonly held: FieldValue | undefined },
): string[] {
  if (it === null) return isRequired(definition, writer) ? [blank] : [];
  const { target, name, choices } = definition;
  const texts = textsOf(it);
  const offered = new Set([...choices, ...(held === undefined ? [] : textsOf(held))]);
  const wrong: string[] = [];
  if (!texts.every(isXmlText)) wrong.push("contains characters that are not allowed");
  if (choices.length > 0 && !texts.every((text) => offered.has(text))) wrong.push("is not included in the list");
  if (!isBuiltIn(target, name) || name === "description") {
    const { max } = textLimits.field;
    if (texts.join("").length > max) wrong.push(`is too long (maximum is ${max} characters)`);
    return wrong;
  }
  if (Array.isArray(it)) wrong.push("is invalid");
  if (texts.some((text) => text.length > builtInLengthMax)) {
    wrong.push(`is too long (maximum is ${builtInLengthMax} characters)`);
  }
  if (isRate(target, name) && !texts.every((text) => number.test(text))) wrong.push("is not a number");
  return wrong;
}

const textsOf = (it: FieldValue): readonly string[] => (typeof it === "string" ? [it] : Object.values(it));
