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
} from "#portal/fields/index.ts";

/** What somebody wants to be as a user, in the words of the domain. */
export interface UserFields {
  readonly username: string;
  readonly email: string | null;
  readonly userFields: FieldValues;
  readonly password: string | undefined;
}

/**
 * Reads the values of a new user and says all that is wrong with them. Only developers must choose a password, and only a
 * sign-up by a program may leave the address out.
 */
export function parseNewUser(
  { provider, definitions }: DocumentSettings,
  input: FieldInput,
  { writer, isSignUp = false }: { readonly writer: FieldWriter; readonly isSignUp?: boolean },
): { readonly fields: UserFields; readonly errors: FieldErrors } {
  const ofUser = { definitions, target: "User", writer, isSignUp } as const;
  const { given, errors } = parseFieldInput(ofUser, input);
  const { username, email, ...userFields } = applyFieldInput({}, given);
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

/** Also an empty one: it is not the password. */
export const confirmationOf = ({ password_confirmation: it }: FieldInput): string | undefined =>
  typeof it === "string" ? it : undefined;

export const textOf = (it: unknown): string | undefined => (typeof it === "string" && it !== "" ? it : undefined);

/** A field that is missing need not also be told that it is short. */
export const filterErrors = (errors: FieldErrors, isWanted: (name: string) => boolean): FieldErrors =>
  Object.fromEntries(Object.entries(errors).filter(([name]) => isWanted(name)));

const usernameLengthMin = 3;
const usernameLengthMax = 40;

const usernamePattern = /^[A-Za-z0-9.\-_@+]*$/;

/** What is wrong with the names that a user is to have. */
export function userNameErrors({ username, email }: { username: string; email: string | null }): FieldErrors {
  const wrongName: string[] = [];
  if (username.length < usernameLengthMin) wrongName.push(`is too short (minimum is ${usernameLengthMin} characters)`);
  if (username.length > usernameLengthMax) wrongName.push(`is too long (maximum is ${usernameLengthMax} characters)`);
  if (!usernamePattern.test(username)) wrongName.push("use only letters, numbers, and .-_@+ please.");
  return { username: wrongName, email: email === null ? [] : emailErrors(email) };
}

interface NewPassword {
  readonly password: string | undefined;
  /** Undefined when it was not asked for. */
  readonly confirmation: string | undefined;
  readonly isRequired: boolean;
  readonly lengthMin: number;
}

/** What is wrong with the password that somebody wants. */
export function passwordErrors({ password, confirmation, isRequired, lengthMin }: NewPassword): FieldErrors {
  if (password === undefined || password === "") return isRequired ? { password: ["can't be blank"] } : {};
  return {
    password: password.length < lengthMin ? [`is too short (minimum is ${lengthMin} characters)`] : [],
    password_confirmation: confirmation !== undefined && confirmation !== password ? ["doesn't match Password"] : [],
  };
}
