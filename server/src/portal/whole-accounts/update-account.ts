import type { Pool } from "#platform/database/database.ts";
import type { Account } from "#portal/accounts/account.ts";
import {
  hasNoErrors,
  mergeErrors,
  parseAnnotations,
  parseFieldInput,
  applyFieldInput,
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
} from "#portal/fields/index.ts";

import { changeAccount, type AccountChange, type AccountOutcome } from "./change-account.ts";

export interface AccountUpdate extends AccountChange {
  /** As they came, by field name; `name` may stand for `org_name`. What is not named stays. */
  readonly values: FieldInput;
  readonly monthlyBillingEnabled?: boolean | undefined;
  readonly monthlyChargingEnabled?: boolean | undefined;
  readonly writer: FieldWriter;
}

/** Changes an account's fields, annotations and billing, and tells so, if anything changed. */
export const updateAccount = (pool: Pool, update: AccountUpdate): Promise<AccountOutcome | undefined> =>
  changeAccount(pool, update, (before, settings) => {
    const { account, errors } = judgeUpdate(settings, before, update);
    return hasNoErrors(errors) ? account : { refused: errors };
  });

/** The account as it is to be, and what is wrong with that. */
function judgeUpdate(
  { definitions }: DocumentSettings,
  before: Account,
  { values, writer, ...update }: AccountUpdate,
): { readonly account: Account; readonly errors: FieldErrors } {
  const input = withOrgName(values, writer);
  const held = { ...before.fields, org_name: before.orgName };
  const { given, errors } = parseFieldInput({ definitions, target: "Account", writer, held }, input);
  const { org_name: orgName, ...fields } = applyFieldInput(held, given);
  const { annotations, errors: wrongAnnotations } = parseAnnotations(before.annotations, values["annotations"]);
  return {
    account: {
      ...before,
      orgName: typeof orgName === "string" ? orgName : before.orgName,
      fields,
      annotations,
      monthlyBillingEnabled: update.monthlyBillingEnabled ?? before.monthlyBillingEnabled,
      monthlyChargingEnabled: update.monthlyChargingEnabled ?? before.monthlyChargingEnabled,
    },
    errors: mergeErrors(errors, wrongAnnotations),
  };
}

/** Programs may call `org_name` `name`. */
export const withOrgName = (input: FieldInput, writer: FieldWriter): FieldInput =>
  writer === "program" && Object.hasOwn(input, "name") ? { org_name: input["name"], ...input } : input;
