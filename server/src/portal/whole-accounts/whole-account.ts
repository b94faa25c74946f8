import type { Database } from "#platform/database/database.ts";
import { readAccount, type Account } from "#portal/accounts/index.ts";
import { readPlans, type Plan, type PlanKind } from "#portal/products/index.ts";
import { listUsers, type User } from "#portal/users/index.ts";

import { readPlanIds } from "./read-plan-ids.ts";

/** An account with what its document contains. */
export interface WholeAccount {
  readonly account: Account;
  /** Each plan that the account, its subscriptions and its applications are on, once. */
  readonly plans: readonly Plan[];
  readonly users: readonly User[];
}

export async function readWholeAccount(db: Database, providerId: number, id: number): Promise<WholeAccount | undefined> {
  const account = await readAccount(db, providerId, id);
  return account && completeAccount(db, providerId, account);
}

export const completeAccount = async (db: Database, providerId: number, account: Account): Promise<WholeAccount> => ({
  account,
  plans: inDocumentOrder(await readPlans(db, providerId, await readPlanIds(db, providerId, account.id))),
  users: await listUsers(db, providerId, account.id),
});

const order: readonly PlanKind[] = ["account_plan", "service_plan", "application_plan"];

/** Each plan once, the account's first, then those of its subscriptions, then those of its applications. */
export const inDocumentOrder = (plans: readonly Plan[]): readonly Plan[] =>
  [...new Map(plans.map((plan) => [plan.id, plan])).values()].toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.id - b.id,
  );
