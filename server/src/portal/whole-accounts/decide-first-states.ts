import type { Account } from "#portal/accounts/index.ts";
import type { Plan } from "#portal/products/index.ts";

interface Circumstances {
  /** A form, filled in by the developer, or a program of the provider's. */
  readonly door: "form" | "program";
  readonly hasPassword: boolean;
  /** Whether developers prove their address before they may sign in. */
  readonly activatesByMail: boolean;
  readonly accountPlan: Plan;
}

export interface FirstStates {
  readonly account: "created" | "pending" | "approved";
  readonly user: "pending" | "active";
}

/** The states that a new account and its first user begin with. */
export function decideFirstStates({ door, hasPassword, activatesByMail, accountPlan }: Circumstances): FirstStates {
  const isReady = door === "form" ? !activatesByMail : hasPassword && !accountPlan.approvalRequired;
  return isReady ? { account: stateOnActivation(accountPlan), user: "active" } : { account: "created", user: "pending" };
}

/** What becomes of an account when its first user is activated. */
export const stateOnActivation = (accountPlan: Plan): Extract<Account["state"], "pending" | "approved"> =>
  accountPlan.approvalRequired ? "pending" : "approved";
