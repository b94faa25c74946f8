import { isBillingAddress, type FieldsDefinition, type FieldValues } from "#portal/fields/index.ts";
import { fieldOf, isOpenToDevelopers, type FormField } from "./form-field.ts";

/**
 * The fields of an account, a user or an application that its developers may write, with what they hold. A field that
 * holds more than one text has no place in a form of texts: it is left out, and stays as it is.
 */
export const definedFields = (
  definitions: readonly FieldsDefinition[],
  target: FieldsDefinition["target"],
  held: FieldValues,
): readonly FormField[] =>
  definitions
    .filter((it) => it.target === target && isOpenToDevelopers(it) && !isBillingAddress(it.target, it.name))
    .flatMap((definition) => {
      const value = Object.hasOwn(held, definition.name) ? held[definition.name] : "";
      return typeof value === "string" ? [withHeldChoice(fieldOf(definition, value))] : [];
    });

/** What is held and not offered any more can be kept: else whoever changes another field would lose it. */
const withHeldChoice = ({ choices, ...field }: FormField): FormField => {
  const { value = "" } = field;
  if (!choices) return field;
  return { ...field, choices: value === "" || choices.includes(value) ? choices : [...choices, value] };
};

/** Of a sent form, what it asks for and nothing else. */
export const valuesFor = (
  fields: readonly FormField[],
  form: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    fields.flatMap(({ name }): [string, string][] => {
      const value = form[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** The fields as they were filled in. A password is never sent back. */
export const filledIn = (fields: readonly FormField[], form: Readonly<Record<string, string>>): readonly FormField[] =>
  fields.map((field) => {
    const value = form[field.name];
    return value === undefined || field.type === "password" ? field : { ...field, value };
  });
