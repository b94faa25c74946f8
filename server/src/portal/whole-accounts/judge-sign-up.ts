import {
  mergeErrors,
  missingFields,
  readAnnotations,
  readFieldInput,
  withGiven,
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldValues,
  type FieldWriter,
} from "#portal/fields/index.ts";
import { judgeNames, judgePassword } from "#portal/users/index.ts";

/** What somebody wants to sign up as, in the words of the domain. */
export interface SignUpFields {
  readonly orgName: string;
  readonly accountFields: FieldValues;
  readonly annotations: Readonly<Record<string, string>>;
  readonly username: string;
  readonly email: string | null;
  readonly userFields: FieldValues;
  readonly password: string | undefined;
}

/** Reads the values of a sign-up and says all that is wrong with them, beside the names of the form's fields. */
export function judgeSignUp(
  { provider, definitions }: DocumentSettings,
  input: FieldInput,
  writer: FieldWriter,
): { readonly fields: SignUpFields; readonly errors: FieldErrors } {
  const ofAccount = { definitions, target: "Account", writer } as const;
  const ofUser = { definitions, target: "User", writer } as const;
  const account = readFieldInput(ofAccount, input);
  const user = readFieldInput(ofUser, input);
  const { annotations, errors: wrongAnnotations } = readAnnotations({}, input["annotations"]);
  const { org_name: orgName, ...accountFields } = withGiven({}, account.given);
  const { username, email, ...userFields } = withGiven({}, user.given);

  const fields: SignUpFields = {
    orgName: text(orgName) ?? "",
    accountFields,
    annotations,
    username: text(username) ?? "",
    email: text(email) ?? null,
    userFields,
    password: text(input["password"]),
  };
  const given = mergeErrors(
    missingFields(ofAccount, input),
    account.errors,
    missingFields(ofUser, input),
    user.errors,
    wrongAnnotations,
  );
  const isForm = writer === "developer";
  return {
    fields,
    errors: mergeErrors(
      given,
      onlyWhere(judgeNames(fields), (name) => given[name] === undefined),
      judgePassword({
        password: fields.password,
        confirmation: text(input["password_confirmation"]) ?? (isForm ? "" : undefined),
        isRequired: isForm,
        lengthMin: provider.passwordLengthMin,
      }),
    ),
  };
}

const text = (it: unknown): string | undefined => (typeof it === "string" && it !== "" ? it : undefined);

/** A field that is missing need not also be told that it is short. */
const onlyWhere = (errors: FieldErrors, isWanted: (name: string) => boolean): FieldErrors =>
  Object.fromEntries(Object.entries(errors).filter(([name]) => isWanted(name)));
