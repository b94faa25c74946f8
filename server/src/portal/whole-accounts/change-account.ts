import type { By } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { type Account } from "#portal/accounts/account.ts";
import { type AccountEvent, recordAccountChange } from "#portal/accounts/record-account-events.ts";
import { requireChangesLeft } from "#portal/accounts/count-changes.ts";
import { updateAccountRow } from "#portal/accounts/accounts-table.ts";
import type { DocumentSettings, FieldErrors } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { RecordedEvent } from "#webhooks/events/index.ts";
import { changesOf } from "./account-changes.ts";
import { lockAccountInFull, rememberAccount } from "./recall-account.ts";
import { representAccount } from "./represent-account.ts";
import type { AccountInFull, WholeAccount } from "./whole-account.ts";

/** Which account is to be changed, and who wants it. */
export interface AccountChange {
  readonly provider: Provider;
  readonly accountId: number;
  readonly by: By;
}

export interface ChangedAccount extends AccountInFull {
  readonly events: readonly RecordedEvent[];
}

export type AccountOutcome = ChangedAccount | { readonly refused: FieldErrors };

type Decide = (before: Account, settings: DocumentSettings) => Account | { readonly refused: FieldErrors };

/** What else belongs to the change: only if something changed, and in its transaction. */
type Also = (tx: Transaction, changed: ChangedAccount, before: Account) => Promise<void>;

/** Changes an account as decided and tells so, if anything changed. Undefined if the provider has no such account. */
export async function changeAccount(
  pool: Pool,
  { provider, accountId, by }: AccountChange,
  decide: Decide,
  also?: Also,
): Promise<AccountOutcome | undefined> {
  return pool.inTransaction(async (tx) => {
    const locked = await lockAccountInFull(tx, provider, accountId);
    if (!locked) return undefined;
    const { whole: before, settings, configurationVersion } = locked;
    const wanted = decide(before.account, settings);
    if ("refused" in wanted) return wanted;

    const previous = changesOf(before.account, wanted);
    if (Object.keys(previous).length === 0) return { whole: before, settings, events: [] };
    requireChangesLeft(tx, { providerId: provider.id, accountId, now: by.now });
    const whole = { ...before, account: updateAccountRow(tx, provider.id, wanted, by.now) };
    rememberAccount({ whole, configurationVersion });
    const cause = { providerId: provider.id, configurationVersion, ...by };
    const events = await recordAccountChange(tx, cause, whole.account, accountUpdated(settings, whole, previous));
    const changed = { whole, settings, events };
    await also?.(tx, changed, before.account);
    return changed;
  });
}

/** The event of an account that changed. */
export const accountUpdated = (
  settings: DocumentSettings,
  whole: WholeAccount,
  previous: Readonly<Record<string, unknown>>,
): AccountEvent => ({
  type: "account.updated",
  objectId: whole.account.id,
  document: representAccount(whole, settings),
  previous,
});
