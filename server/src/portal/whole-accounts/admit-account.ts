import type { Transaction } from "#platform/database/database.ts";
import { updateAccountRow, type Account } from "#portal/accounts/index.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { readPlans } from "#portal/products/index.ts";
import { userEvent, type User } from "#portal/users/index.ts";
import type { NewEvent } from "#webhooks/events/index.ts";

import { changesOf } from "./account-changes.ts";
import { accountUpdated } from "./change-account.ts";
import { stateOnActivation } from "./decide-first-states.ts";
import { readWholeAccounts } from "./read-whole-accounts.ts";
import type { WholeAccount } from "./whole-account.ts";

interface Activated {
  readonly before: Account;
  /** A user of the account, active from now on. */
  readonly user: User;
  readonly now: Date;
}

/** Lets a locked account in that has only been created, with its first active user, and gives what there is to tell. */
export async function admitAccount(
  tx: Transaction,
  settings: DocumentSettings,
  { before, user, now }: Activated,
): Promise<{ readonly whole: WholeAccount; readonly toTell: readonly NewEvent[] }> {
  const account = before.state === "created" ? await admit(tx, settings.provider.id, before, now) : before;
  const [whole] = await readWholeAccounts(tx, settings.provider.id, [account.id]);
  if (!whole) throw new Error(`Account ${account.id} was gone although it was locked.`);
  const previous = changesOf(before, account);
  return {
    whole,
    toTell: [
      ...(account === before ? [] : [accountUpdated(settings, whole, previous)]),
      userEvent("user.updated", settings, { account, user }, { state: "pending" }),
    ],
  };
}

async function admit(tx: Transaction, providerId: number, account: Account, now: Date): Promise<Account> {
  const [plan] = await readPlans(tx, providerId, [account.planId]);
  if (!plan) throw new Error(`Account ${account.id} has no plan.`);
  return updateAccountRow(tx, providerId, { ...account, state: stateOnActivation(plan), stateChangedAt: now }, now);
}
