import { type FieldErrors, type FieldValues, type FieldsDefinition, isBillingAddress } from "#portal/fields/index.ts";

/** One field of a form as the template shows it. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly type: "text" | "email" | "tel" | "password";
  readonly required: boolean;
  readonly autocomplete?: string;
  readonly hint?: string;
  /** What is to be known of each of several things. */
  readonly hints?: readonly string[];
  readonly choices?: readonly string[];
  /** Choices whose values are not what people read. */
  readonly options?: readonly { readonly value: string; readonly text: string }[];
  /** Of a text that may be long. */
  readonly lines?: number;
  readonly length_max?: number;
  readonly value?: string;
  readonly error?: string;
}

/** Longer is cut by no one: the browser stops there, and the server refuses with words. */
const lengthMax = 255;
const usernameLengthMax = 40;

/** What a browser may fill in by itself. */
const autocomplete: Readonly<Record<string, string>> = {
  org_name: "organization",
  org_legaladdress: "street-address",
  telephone_number: "tel",
  city: "address-level2",
  state_region: "address-level1",
  zip: "postal-code",
  country: "country-name",
  username: "username",
  email: "email",
  first_name: "given-name",
  last_name: "family-name",
  title: "honorific-prefix",
  job_role: "organization-title",
};

/** A developer neither sees nor writes what is hidden or read only. */
export const isEditableByDevelopers = ({ hidden, readOnly }: FieldsDefinition): boolean => !hidden && !readOnly;

export function toFormField({ name, label, required, choices, target }: FieldsDefinition, value = ""): FormField {
  const filledWith = target === "Cinstance" ? undefined : autocomplete[name];
  const isLong = target === "Cinstance" && name === "description";
  return {
    name,
    label,
    type: name === "email" ? "email" : name === "telephone_number" ? "tel" : "text",
    required,
    ...(isLong ? { lines: 4 } : { length_max: name === "username" ? usernameLengthMax : lengthMax }),
    ...(filledWith === undefined ? {} : { autocomplete: filledWith }),
    ...(choices.length > 0 ? { choices } : {}),
    value,
  };
}

/** A new password, twice. Its rule is shown before typing. */
export const passwordFields = (label: string, passwordLengthMin: number): readonly FormField[] => [
  {
    name: "password",
    label,
    type: "password",
    required: true,
    autocomplete: "new-password",
    hint: `${passwordLengthMin} characters or more. A few words in a row are easy to keep in mind.`,
  },
  {
    name: "password_confirmation",
    label: `${label} again`,
    type: "password",
    required: true,
    autocomplete: "new-password",
  },
];

/** What somebody who is signed in proves with that it is still them. */
export const currentPasswordField: FormField = {
  name: "current_password",
  label: "Current password",
  type: "password",
  required: true,
  autocomplete: "current-password",
};

/** Of a choice that was not, or is no longer, among those to be had. */
export const notOffered: readonly string[] = ["must be one of these"];

/** 3scale's words, whatever a page calls the field. */
const passwordMismatch = "doesn't match Password";

/** Each error beside its field, in words that name fields as the page does. */
export const withErrors = (fields: readonly FormField[], errors: FieldErrors): readonly FormField[] =>
  fields.map((field) => {
    const messages = Object.hasOwn(errors, field.name) ? errors[field.name] : undefined;
    if (!messages) return field;
    const password = fields.find(({ name }) => name === "password")?.label ?? "Password";
    const named = messages.map((it) => (it === passwordMismatch ? `doesn't match ${password}` : it));
    return { ...field, error: fieldErrorText(field.label, named) };
  });

/** What the templates show of a form: its fields, which of them are wrong, and what is wrong besides. */
export function checkedFields(fields: readonly FormField[], errors: FieldErrors = {}) {
  const shown = withErrors(fields, errors);
  const wrong = shown.filter((field) => field.error !== undefined);
  return { fields: shown, wrong: wrong.length > 0 ? wrong : undefined, error: errorsWithoutField(fields, errors) };
}

/** Errors that belong to no field of the form, which must not be lost. */
export function errorsWithoutField(
  fields: readonly { readonly name: string }[],
  errors: FieldErrors = {},
): string | undefined {
  const rest = Object.entries(errors).filter(([name]) => !fields.some((field) => field.name === name));
  const sentences = rest.map(([name, messages]) =>
    name === "base" ? capitalize(messages.join(", ")) : `${name} ${messages.join(", ")}`,
  );
  return sentences.length > 0 ? sentences.join(". ") : undefined;
}

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
    .filter((it) => it.target === target && isEditableByDevelopers(it) && !isBillingAddress(it.target, it.name))
    .flatMap((definition) => {
      const value = Object.hasOwn(held, definition.name) ? held[definition.name] : "";
      return typeof value === "string" ? [withCurrentChoice(toFormField(definition, value))] : [];
    });

/** What is held and not offered any more can be kept: else whoever changes another field would lose it. */
const withCurrentChoice = ({ choices, ...field }: FormField): FormField => {
  const { value = "" } = field;
  if (!choices) return field;
  return { ...field, choices: value === "" || choices.includes(value) ? choices : [...choices, value] };
};

/** Of a sent form, what it asks for and nothing else. */
export const submittedValues = (
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
export const withSubmittedValues = (
  fields: readonly FormField[],
  form: Readonly<Record<string, string>>,
): readonly FormField[] =>
  fields.map((field) => {
    const value = form[field.name];
    return value === undefined || field.type === "password" ? field : { ...field, value };
  });

/** Messages that are no end of a sentence which a label begins. They are 3scale's, and stay as they are for programs. */
const isSentence = (message: string): boolean => message.startsWith("use ");

/** What is wrong with a field: "can't be blank" makes "Name can't be blank". */
function fieldErrorText(label: string, messages: readonly string[]): string {
  const ends = messages.filter((it) => !isSentence(it));
  return [
    ...(ends.length > 0 ? [`${label} ${ends.join(", ")}`] : []),
    ...messages.filter(isSentence).map(capitalize),
  ].join(". ");
}

const capitalize = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
