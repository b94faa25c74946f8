import type { Transaction } from "#platform/database/database.ts";
import { type Account } from "#portal/accounts/account.ts";
import { recordAccountChange, recordAccountEvents } from "#portal/accounts/record-account-events.ts";
import { updateAccountRow } from "#portal/accounts/accounts-table.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { readPlans } from "#portal/products/index.ts";
import { type User } from "#portal/users/user.ts";
import { userEvent } from "#portal/users/user-events.ts";
import type { Cause, RecordedEvent } from "#webhooks/events/index.ts";
import { changesOf } from "./account-changes.ts";
import { accountUpdated } from "./change-account.ts";
import { stateOnActivation } from "./decide-first-states.ts";
import { readWholeAccounts } from "./read-whole-accounts.ts";
import type { WholeAccount } from "./whole-account.ts";

interface Activated {
  readonly before: Account;
  /** A user of the account, active from now on. */
  readonly user: User;
  readonly cause: Cause;
}

/** Tells that a user of a locked account is active, and lets the account in with its first one. */
export async function admitAccount(
  tx: Transaction,
  settings: DocumentSettings,
  { before, user, cause }: Activated,
): Promise<{ readonly whole: WholeAccount; readonly events: readonly RecordedEvent[] }> {
  const account = before.state === "created" ? await admit(tx, settings.provider.id, before, cause.now) : before;
  const [whole] = await readWholeAccounts(tx, settings.provider.id, [account.id]);
  if (!whole) throw new Error(`Account ${account.id} was gone although it was locked.`);
  const admitted =
    account === before
      ? []
      : await recordAccountChange(tx, cause, account, accountUpdated(settings, whole, changesOf(before, account)));
  const activated = userEvent("user.updated", settings, user, { state: "pending" });
  return { whole, events: [...admitted, ...(await recordAccountEvents(tx, cause, account, [activated]))] };
}

async function admit(tx: Transaction, providerId: number, account: Account, now: Date): Promise<Account> {
  const [plan] = await readPlans(tx, providerId, [account.planId]);
  if (!plan) throw new Error(`Account ${account.id} has no plan.`);
  return updateAccountRow(tx, providerId, { ...account, state: stateOnActivation(plan), stateChangedAt: now }, now);
}
