import {
  mergeErrors,
  missingFields,
  parseFieldInput,
  applyFieldInput,
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldValues,
  type FieldWriter,
} from "#portal/fields/index.ts";

import { judgeNames, judgePassword } from "./judge-user.ts";

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
export function judgeNewUser(
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
      onlyWhere(
        judgeNames({ ...fields, email: fields.email ?? (isSignUp ? null : "") }),
        (name) => wrong[name] === undefined,
      ),
      judgePassword({
        password: fields.password,
        confirmation: confirmationIn(input) ?? (isForm ? "" : undefined),
        isRequired: isForm,
        lengthMin: provider.passwordLengthMin,
      }),
    ),
  };
}

/** Also an empty one: it is not the password. */
export const confirmationIn = ({ password_confirmation: it }: FieldInput): string | undefined =>
  typeof it === "string" ? it : undefined;

export const textOf = (it: unknown): string | undefined => (typeof it === "string" && it !== "" ? it : undefined);

/** A field that is missing need not also be told that it is short. */
export const onlyWhere = (errors: FieldErrors, isWanted: (name: string) => boolean): FieldErrors =>
  Object.fromEntries(Object.entries(errors).filter(([name]) => isWanted(name)));
