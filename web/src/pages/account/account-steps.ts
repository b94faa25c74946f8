import type { AccountState } from "../../api/management/account-queries.ts";

export interface AccountStep {
  readonly operation: "approve" | "reject" | "make_pending" | "suspend" | "resume";
  readonly title: string;
}

const steps: readonly (AccountStep & { readonly from: readonly AccountState[] })[] = [
  { operation: "approve", title: "Approve", from: ["created", "pending", "rejected"] },
  { operation: "make_pending", title: "Make pending", from: ["created", "approved", "rejected"] },
  { operation: "reject", title: "Reject", from: ["created", "pending", "approved"] },
  { operation: "suspend", title: "Suspend", from: ["created", "pending", "approved", "rejected"] },
  { operation: "resume", title: "Resume", from: ["suspended", "scheduled_for_deletion"] },
];

/** The steps that an account in this state can take. Members with its section may let an account wait, and no more. */
export const stepsFrom = (state: AccountState, mayAdminister: boolean): readonly AccountStep[] =>
  steps.filter(({ from, operation }) => from.includes(state) && (mayAdminister || operation === "make_pending"));
