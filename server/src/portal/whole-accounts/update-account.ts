import type { Actor, Channel } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { lockAccount, updateAccountRow, type Account } from "#portal/accounts/index.ts";
import {
  isFine,
  mergeErrors,
  readAnnotations,
  readDocumentSettings,
  readFieldInput,
  withGiven,
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
} from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { recordEvents, type NewEvent, type RecordedEvent } from "#webhooks/events/index.ts";

import { changesOf } from "./account-changes.ts";
import { representAccount } from "./represent-account.ts";
import { completeAccount, type WholeAccount } from "./whole-account.ts";

export interface AccountUpdate {
  readonly provider: Provider;
  readonly accountId: number;
  /** As they came, by field name; `name` may stand for `org_name`. What is not named stays. */
  readonly values: FieldInput;
  readonly monthlyBillingEnabled?: boolean | undefined;
  readonly monthlyChargingEnabled?: boolean | undefined;
  readonly writer: FieldWriter;
  readonly actor: Actor;
  readonly channel: Channel;
  readonly now: Date;
}

export type AccountUpdateOutcome =
  | { readonly whole: WholeAccount; readonly events: readonly RecordedEvent[] }
  | { readonly refused: FieldErrors };

/** Changes an account and tells so, if anything changed. Undefined if the provider has no such account. */
export async function updateAccount(pool: Pool, update: AccountUpdate): Promise<AccountUpdateOutcome | undefined> {
  const settings = await readDocumentSettings(pool, update.provider);
  return pool.inTransaction(async (tx) => {
    const before = await lockAccount(tx, update.provider.id, update.accountId);
    if (!before) return undefined;
    const { account: wanted, errors } = judgeUpdate(settings, before, update);
    return isFine(errors) ? writeUpdate(tx, settings, update, { before, wanted }) : { refused: errors };
  });
}

/** The account as it is to be, and what is wrong with that. */
function judgeUpdate(
  { definitions }: DocumentSettings,
  before: Account,
  { values, writer, ...update }: AccountUpdate,
): { readonly account: Account; readonly errors: FieldErrors } {
  const input = Object.hasOwn(values, "name") ? { org_name: values["name"], ...values } : values;
  const { given, errors } = readFieldInput({ definitions, target: "Account", writer }, input);
  const { org_name: orgName, ...fields } = withGiven({ ...before.fields, org_name: before.orgName }, given);
  const { annotations, errors: wrongAnnotations } = readAnnotations(before.annotations, values["annotations"]);
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

async function writeUpdate(
  tx: Transaction,
  settings: DocumentSettings,
  { provider, actor, channel, now }: AccountUpdate,
  { before, wanted }: { before: Account; wanted: Account },
): Promise<AccountUpdateOutcome> {
  const previous = changesOf(before, wanted);
  const isChanged = Object.keys(previous).length > 0;
  const account = isChanged ? await updateAccountRow(tx, provider.id, wanted, now) : before;
  const whole = await completeAccount(tx, provider.id, account);
  const cause = { providerId: provider.id, actor, channel, now };
  return { whole, events: await recordEvents(tx, cause, isChanged ? [accountUpdated(settings, whole, previous)] : []) };
}

/** The event of an account that changed. */
export const accountUpdated = (
  settings: DocumentSettings,
  whole: WholeAccount,
  previous: Readonly<Record<string, unknown>>,
): NewEvent => ({
  type: "account.updated",
  objectId: whole.account.id,
  accountId: whole.account.id,
  accountName: whole.account.orgName,
  document: representAccount(whole, settings),
  previous,
});
