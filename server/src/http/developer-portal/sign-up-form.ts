import type { FieldErrors, FieldsDefinition } from "#portal/fields/index.ts";
import { fieldOf, isOpenToDevelopers, passwordFields, withErrors, type FormField } from "./forms/form-field.ts";

interface FormState {
  readonly passwordLengthMin: number;
  readonly values?: Readonly<Record<string, string>>;
  readonly errors?: FieldErrors;
}

/** The account's fields, then the user's, in the provider's order, then the password, whose rule is shown before typing. */
export function signUpFields(definitions: readonly FieldsDefinition[], state: FormState): readonly FormField[] {
  const { passwordLengthMin, values = {}, errors = {} } = state;
  const defined = fieldsToFill(definitions).map((definition) =>
    fieldOf(definition, Object.hasOwn(values, definition.name) ? values[definition.name] : ""),
  );
  return withErrors([...defined, ...passwordFields("Password", passwordLengthMin)], errors);
}

/** What a developer may give. A name that both an account and its user have stands for the account's field. */
function fieldsToFill(definitions: readonly FieldsDefinition[]): readonly FieldsDefinition[] {
  const open = definitions.filter((it) => it.target !== "Cinstance" && isOpenToDevelopers(it));
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
