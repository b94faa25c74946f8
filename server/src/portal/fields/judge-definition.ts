import { textLimits } from "#platform/limits/limits.ts";

import { mergeErrors, type FieldErrors } from "./field-errors.ts";
import { isAlwaysThere, isBillingAddress, isBuiltIn, isRate } from "./field-value.ts";
import type { FieldTarget } from "./fields-definition.ts";
import type { NewFieldsDefinition } from "./fields-definitions-table.ts";
import { readName, readTruth, wrongOf, type FieldInput } from "./read-values.ts";
import { isReserved } from "./reserved-names.ts";

type Judged<T> = { readonly definition: T; readonly errors: FieldErrors };

const nameShape = /^[A-Za-z][A-Za-z0-9_-]*$/;
const nameLengthMax = 255;

/** A new definition as an input wants it, and what is wrong with that. */
export function judgeNewDefinition(input: FieldInput): Judged<NewFieldsDefinition> {
  const target = targetIn(input["target"]);
  const name = typeof input["name"] === "string" ? input["name"].trim() : "";
  const blank = { label: "", required: false, hidden: false, readOnly: false, choices: [], position: 0 };
  const { definition, errors } = judgeDefinition(
    { ...blank, target: target ?? "Account", name },
    { label: "", ...input },
  );
  return {
    definition,
    errors: mergeErrors(errors, {
      target: target === undefined ? [input["target"] ? "is not included in the list" : "can't be blank"] : [],
      name: wrongName(target ?? "Account", name),
    }),
  };
}

/** A definition after an input, and what is wrong with that. Target and name stay as they are. */
export function judgeDefinition<T extends NewFieldsDefinition>(before: T, input: FieldInput): Judged<T> {
  const read = {
    label: readName(input, "label"),
    required: readTruth(input, "required"),
    hidden: readTruth(input, "hidden"),
    read_only: readTruth(input, "read_only"),
  };
  const choices = choicesIn(input["choices"]);
  const wanted: T = {
    ...before,
    label: read.label.value ?? before.label,
    required: read.required.value ?? before.required,
    hidden: read.hidden.value ?? before.hidden,
    readOnly: read.read_only.value ?? before.readOnly,
    choices: choices ?? before.choices,
  };
  const { target, name } = before;
  const definition = isAlwaysThere(target, name)
    ? { ...wanted, required: true, hidden: false, readOnly: false }
    : wanted;
  return { definition, errors: mergeErrors(wrongOf(read), contradictionsIn(definition)) };
}

const isList = (it: unknown): it is readonly unknown[] => Array.isArray(it);

/** A list, or a text with commas between; a number is a list of one. */
function choicesIn(it: unknown): readonly string[] | undefined {
  if (it === undefined) return undefined;
  const them = isList(it) ? it : typeof it === "string" ? it.split(",") : [it];
  const texts = them.map((choice) => (typeof choice === "string" || typeof choice === "number" ? String(choice) : ""));
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ""))];
}

const targets: readonly FieldTarget[] = ["Account", "User", "Cinstance"];

const targetIn = (it: unknown): FieldTarget | undefined => targets.find((target) => target === it);

function contradictionsIn({ target, name, required, hidden, readOnly, choices }: NewFieldsDefinition): FieldErrors {
  return {
    required: required && (hidden || readOnly) ? ["Fields cannot be required AND hidden/read_only"] : [],
    read_only: isBillingAddress(target, name) && !readOnly ? ["billing_address has to be read_only"] : [],
    choices:
      choices.length > 0 && !isText(target, name) ? ["are not allowed for this type of fields"] : tooMuch(choices),
  };
}

const tooMuch = (choices: readonly string[]): readonly string[] => [
  ...(choices.length > textLimits.choices.max ? [`are too many (maximum is ${textLimits.choices.max})`] : []),
  ...(choices.some((choice) => choice.length > nameLengthMax)
    ? [`has one that is too long (maximum is ${nameLengthMax} characters)`]
    : []),
];

const isText = (target: FieldTarget, name: string): boolean => !isRate(target, name) && !isBillingAddress(target, name);

function wrongName(target: FieldTarget, name: string): readonly string[] {
  if (name === "") return ["can't be blank"];
  if (name.length > nameLengthMax) return [`is too long (maximum is ${nameLengthMax} characters)`];
  if (!nameShape.test(name)) return ["Name should start with letters, and can contain numbers, - and _"];
  return !isBuiltIn(target, name) && isReserved(target, name) ? ["Field name is not allowed"] : [];
}
