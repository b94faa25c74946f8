import { digestOf } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { lockAccount, updateAccountRow, type Account } from "#portal/accounts/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { readPlans } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { activateByCode, findAccountOfCode, representUser, type User } from "#portal/users/index.ts";
import { recordEvents, type NewEvent } from "#webhooks/events/index.ts";

import { changesOf } from "./account-changes.ts";
import { stateOnActivation } from "./decide-first-states.ts";
import { accountUpdated } from "./update-account.ts";
import { completeAccount, type WholeAccount } from "./whole-account.ts";

interface Activation {
  readonly provider: Provider;
  /** The end of the link in the mail. */
  readonly code: string;
  readonly now: Date;
}

/**
 * Activates the user who was sent the code, and with the first user the account. Undefined if the code is nobody's, or
 * was used. Nobody is signed in who could have acted, so the actor is the system.
 */
export async function activateUser(
  pool: Pool,
  { provider, code, now }: Activation,
): Promise<{ user: User; whole: WholeAccount } | undefined> {
  const settings = await readDocumentSettings(pool, provider);
  const digest = digestOf(code);
  return pool.inTransaction(async (tx) => {
    const accountId = await findAccountOfCode(tx, provider.id, digest);
    const before = accountId === undefined ? undefined : await lockAccount(tx, provider.id, accountId);
    const user = before && (await activateByCode(tx, provider.id, digest, now));
    if (!user) return undefined;

    const account = await admit(tx, provider, before, now);
    const whole = await completeAccount(tx, provider.id, account);
    const previous = changesOf(before, account);
    const userUpdated: NewEvent = {
      type: "user.updated",
      objectId: user.id,
      accountId: account.id,
      accountName: account.orgName,
      document: representUser(user, settings),
      previous: { state: "pending" },
    };
    await recordEvents(tx, { providerId: provider.id, actor: { kind: "system" }, channel: "developer_portal", now }, [
      ...(Object.keys(previous).length > 0 ? [accountUpdated(settings, whole, previous)] : []),
      userUpdated,
    ]);
    return { user, whole };
  });
}

/** Lets an account in that has only been created. */
async function admit(tx: Transaction, provider: Provider, account: Account, now: Date): Promise<Account> {
  if (account.state !== "created") return account;
  const [plan] = await readPlans(tx, provider.id, [account.planId]);
  if (!plan) throw new Error(`Account ${account.id} has no plan.`);
  return updateAccountRow(tx, provider.id, { ...account, state: stateOnActivation(plan), stateChangedAt: now }, now);
}
