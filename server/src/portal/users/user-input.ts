import { textLimits } from "#platform/limits.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldValues,
  type FieldWriter,
  applyFieldInput,
  emailErrors,
  mergeErrors,
  missingFields,
  parseFieldInput,
  plainText,
} from "#portal/fields/index.ts";

/** The parsed values of a new user. */
export interface UserFields {
  readonly username: string;
  readonly email: string | null;
  readonly userFields: FieldValues;
  readonly password: string | undefined;
}

/**
 * Parses the values of a new user and returns all errors. Developers must choose a password; only a sign-up by a
 * program may omit the email address.
 */
export function parseNewUser(
  { provider, definitions }: DocumentSettings,
  input: FieldInput,
  { writer, isSignUp = false }: { readonly writer: FieldWriter; readonly isSignUp?: boolean },
): { readonly fields: UserFields; readonly errors: FieldErrors } {
  const ofUser = { definitions, target: "User", writer, isSignUp } as const;
  const { changes, errors } = parseFieldInput(ofUser, input);
  const { username, email, ...userFields } = applyFieldInput({}, changes);
  const fields: UserFields = {
    username: textOf(username) ?? "",
    email: textOf(email) ?? null,
    userFields,
    password: textOf(input["password"]),
  };
  const wrong = mergeErrors(missingFields(ofUser, input), errors);
  const isForm = writer === "developer";
  return {
    fields,
    errors: mergeErrors(
      wrong,
      filterErrors(
        userNameErrors({ ...fields, email: fields.email ?? (isSignUp ? null : "") }),
        (name) => wrong[name] === undefined,
      ),
      passwordErrors({
        password: fields.password,
        confirmation: confirmationOf(input) ?? (isForm ? "" : undefined),
        isRequired: isForm,
        lengthMin: provider.passwordLengthMin,
      }),
    ),
  };
}

/** Returns the password confirmation, also an empty one, because it differs from the password. */
export const confirmationOf = ({ password_confirmation: confirmation }: FieldInput): string | undefined =>
  confirmation === null ? undefined : plainText(confirmation);

/** Returns a text that is not empty. A JSON number counts as its text. */
export const textOf = (input: unknown): string | undefined => plainText(input) || undefined;

/** Drops errors of fields that do not match, for example "too short" for a missing field. */
export const filterErrors = (errors: FieldErrors, isWanted: (name: string) => boolean): FieldErrors =>
  Object.fromEntries(Object.entries(errors).filter(([name]) => isWanted(name)));

const usernameLengthMin = 3;
const usernameLengthMax = 40;

const usernamePattern = /^[A-Za-z0-9.\-_@+]*$/;

/** Validates a username and an email address. */
export function userNameErrors({ username, email }: { username: string; email: string | null }): FieldErrors {
  const wrongName: string[] = [];
  if (username.length < usernameLengthMin) wrongName.push(`is too short (minimum is ${usernameLengthMin} characters)`);
  if (username.length > usernameLengthMax) wrongName.push(`is too long (maximum is ${usernameLengthMax} characters)`);
  if (!usernamePattern.test(username)) wrongName.push("use only letters, numbers, and .-_@+ please.");
  return { username: wrongName, email: email === null ? [] : emailErrors(email) };
}

const { max: lengthMax } = textLimits.password;

interface NewPassword {
  readonly password: string | undefined;
  /** Undefined if the form has no such field. */
  readonly confirmation: string | undefined;
  readonly isRequired: boolean;
  readonly lengthMin: number;
}

/** Validates a new password. */
export function passwordErrors({ password, confirmation, isRequired, lengthMin }: NewPassword): FieldErrors {
  if (password === undefined || password === "") return isRequired ? { password: ["can't be blank"] } : {};
  return {
    password: [
      ...(password.length < lengthMin ? [`is too short (minimum is ${lengthMin} characters)`] : []),
      ...(password.length > lengthMax ? [`is too long (maximum is ${lengthMax} characters)`] : []),
    ],
    password_confirmation: confirmation !== undefined && confirmation !== password ? ["doesn't match Password"] : [],
  };
}
