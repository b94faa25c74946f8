import type { FieldErrors, FieldsDefinition } from "#portal/fields/index.ts";

/** One field of the form as the template shows it. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly type: "text" | "email" | "tel" | "password";
  readonly required: boolean;
  readonly autocomplete?: string;
  readonly hint?: string;
  readonly choices?: readonly string[];
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

interface FormState {
  readonly passwordLengthMin: number;
  readonly values?: Readonly<Record<string, string>>;
  readonly errors?: FieldErrors;
}

/** The account's fields, then the user's, in the provider's order, then the password, whose rule is shown before typing. */
export function signUpFields(definitions: readonly FieldsDefinition[], state: FormState): readonly FormField[] {
  const { passwordLengthMin, values = {}, errors = {} } = state;
  const errorOf = (name: string): { error?: string } => {
    const messages = errors[name];
    return messages ? { error: messages.join(", ") } : {};
  };
  const defined = fieldsToFill(definitions).map((definition): FormField => ({
    ...fieldOf(definition),
    value: values[definition.name] ?? "",
    ...errorOf(definition.name),
  }));
  return [
    ...defined,
    {
      name: "password",
      label: "Password",
      type: "password",
      required: true,
      autocomplete: "new-password",
      hint: `${passwordLengthMin} characters or more. A few words in a row are easy to keep in mind.`,
      ...errorOf("password"),
    },
    {
      name: "password_confirmation",
      label: "Password again",
      type: "password",
      required: true,
      autocomplete: "new-password",
      ...errorOf("password_confirmation"),
    },
  ];
}

/** What a developer may give. A name that both an account and its user have stands for the account's field. */
function fieldsToFill(definitions: readonly FieldsDefinition[]): readonly FieldsDefinition[] {
  const open = definitions.filter((it) => it.target !== "Cinstance" && !it.hidden && !it.readOnly);
  const inOrder = [...open.filter((it) => it.target === "Account"), ...open.filter((it) => it.target === "User")];
  return inOrder.filter((it, place) => inOrder.findIndex((other) => other.name === it.name) === place);
}

/** Of a form, what the sign-up asks for: nothing that was added by hand, such as annotations, gets further. */
export const valuesAskedFor = (
  definitions: readonly FieldsDefinition[],
  form: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...fieldsToFill(definitions).map((it) => it.name), "password", "password_confirmation"].map((name) => [
      name,
      form[name] ?? "",
    ]),
  );

function fieldOf({ name, label, required, choices }: FieldsDefinition): FormField {
  const filledWith = autocomplete[name];
  return {
    name,
    label,
    type: name === "email" ? "email" : name === "telephone_number" ? "tel" : "text",
    required,
    length_max: name === "username" ? usernameLengthMax : lengthMax,
    ...(filledWith === undefined ? {} : { autocomplete: filledWith }),
    ...(choices.length > 0 ? { choices } : {}),
  };
}
