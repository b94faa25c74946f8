import type { Account } from "#portal/accounts/account.ts";
import type { Plan } from "#portal/products/index.ts";

/** A form that the developer filled in, or a program of the provider's. */
type Circumstances =
  | {
      readonly door: "form";
      /** Whether developers prove their address before they may sign in. */
      readonly activatesByMail: boolean;
    }
  | { readonly door: "program"; readonly hasPassword: boolean };

export interface FirstStates {
  readonly account: "created" | "pending" | "approved";
  readonly user: "pending" | "active";
}

/** The states that a new account and its first user begin with. */
export function decideFirstStates(by: Circumstances, accountPlan: Plan): FirstStates {
  const isReady = by.door === "form" ? !by.activatesByMail : by.hasPassword && !accountPlan.approvalRequired;
  return isReady
    ? { account: stateOnActivation(accountPlan), user: "active" }
    : { account: "created", user: "pending" };
}

/** What becomes of an account when its first user is activated. */
export const stateOnActivation = (accountPlan: Plan): Extract<Account["state"], "pending" | "approved"> =>
  accountPlan.approvalRequired ? "pending" : "approved";
