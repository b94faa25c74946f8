import type { Database } from "#platform/database/database.ts";
import { readAccount, type Account } from "#portal/accounts/index.ts";
import { readPlans, type Plan, type PlanKind } from "#portal/products/index.ts";
import { listUsersOfAccounts, type User } from "#portal/users/index.ts";

import { readPlanIds } from "./read-plan-ids.ts";

/** An account with what its document contains. */
export interface WholeAccount {
  readonly account: Account;
  /** Each plan that the account, its subscriptions and its applications are on, once. */
  readonly plans: readonly Plan[];
  readonly users: readonly User[];
}

export async function readWholeAccount(
  db: Database,
  providerId: number,
  id: number,
): Promise<WholeAccount | undefined> {
  const account = await readAccount(db, providerId, id);
  return account && completeAccount(db, providerId, account);
}

export const completeAccount = async (db: Database, providerId: number, account: Account): Promise<WholeAccount> =>
  (await readParts(db, providerId, [account]))(account);

export const completeAccounts = async (
  db: Database,
  providerId: number,
  accounts: readonly Account[],
): Promise<readonly WholeAccount[]> => accounts.map(await readParts(db, providerId, accounts));

/** What belongs to some accounts, in one statement for each table however many they are. */
async function readParts(
  db: Database,
  providerId: number,
  accounts: readonly Account[],
): Promise<(account: Account) => WholeAccount> {
  const ids = accounts.map(({ id }) => id);
  const owned = await readPlanIds(db, providerId, ids);
  const plans = await readPlans(db, providerId, [...new Set(owned.map(({ planId }) => planId))]);
  const planById = new Map(plans.map((plan) => [plan.id, plan]));
  const ownedBy = Map.groupBy(owned, ({ accountId }) => accountId);
  const usersOf = Map.groupBy(await listUsersOfAccounts(db, providerId, ids), ({ accountId }) => accountId);
  return (account) => ({
    account,
    plans: inDocumentOrder((ownedBy.get(account.id) ?? []).flatMap(({ planId }) => planById.get(planId) ?? [])),
    users: usersOf.get(account.id) ?? [],
  });
}

const order: readonly PlanKind[] = ["account_plan", "service_plan", "application_plan"];

/** Each plan once, the account's first, then those of its subscriptions, then those of its applications. */
export const inDocumentOrder = (plans: readonly Plan[]): readonly Plan[] =>
  [...new Map(plans.map((plan) => [plan.id, plan])).values()].toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.id - b.id,
  );
