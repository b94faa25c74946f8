import {
  mergeErrors,
  missingFields,
  parseAnnotations,
  parseFieldInput,
  applyFieldInput,
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldValues,
  type FieldWriter,
} from "#portal/fields/index.ts";
import { judgeNewUser, type UserFields } from "#portal/users/judge-new-user.ts";

import { withOrgName } from "./update-account.ts";

/** What somebody wants to sign up as, in the words of the domain. */
export interface SignUpFields extends UserFields {
  readonly orgName: string;
  readonly accountFields: FieldValues;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Reads the values of a sign-up and says all that is wrong with them, beside the names of the form's fields. */
export function judgeSignUp(
  settings: DocumentSettings,
  input: FieldInput,
  writer: FieldWriter,
): { readonly fields: SignUpFields; readonly errors: FieldErrors } {
  const ofAccount = { definitions: settings.definitions, target: "Account", writer, isSignUp: true } as const;
  const named = withOrgName(input, writer);
  const account = parseFieldInput(ofAccount, named);
  const user = judgeNewUser(settings, input, { writer, isSignUp: true });
  const { annotations, errors: wrongAnnotations } = parseAnnotations({}, input["annotations"]);
  const { org_name: orgName, ...accountFields } = applyFieldInput({}, account.given);
  return {
    fields: { orgName: typeof orgName === "string" ? orgName : "", accountFields, annotations, ...user.fields },
    errors: mergeErrors(missingFields(ofAccount, named), account.errors, user.errors, wrongAnnotations),
  };
}
