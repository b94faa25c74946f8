import { reaches, type Reach } from "#access/index.ts";
import type { Account } from "#portal/accounts/account.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import type { Plan, PlanKind } from "#portal/products/index.ts";
import type { User } from "#portal/users/user.ts";

/** An account with what its document contains. */
export interface WholeAccount {
  readonly account: Account;
  /** Each plan that the account, its subscriptions and its applications are on, once. */
  readonly plans: readonly Plan[];
  readonly users: readonly User[];
}

/** An account, and what its document is written by. */
export interface AccountInFull {
  readonly whole: WholeAccount;
  readonly settings: DocumentSettings;
}

/** The account as whoever is narrowed to some products may see it: without the plans of the others. */
export const narrowAccount = (whole: WholeAccount, reach: Reach): WholeAccount =>
  reach === null
    ? whole
    : { ...whole, plans: whole.plans.filter(({ productId }) => productId === null || reaches(reach, productId)) };

const order: readonly PlanKind[] = ["account_plan", "service_plan", "application_plan"];

/** Each plan once, the account's first, then those of its subscriptions, then those of its applications. */
export const inDocumentOrder = (plans: readonly Plan[]): readonly Plan[] =>
  [...new Map(plans.map((plan) => [plan.id, plan])).values()].toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.id - b.id,
  );
