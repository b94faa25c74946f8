import type { Account } from "#portal/accounts/account.ts";

/** A step that an admin takes with an account. */
export type AccountTransition = "make_pending" | "approve" | "reject" | "suspend" | "resume";

type State = Account["state"];

const transitions: Readonly<Record<AccountTransition, { readonly from: readonly State[]; readonly to: State }>> = {
  make_pending: { from: ["created", "approved", "rejected"], to: "pending" },
  approve: { from: ["created", "pending", "rejected"], to: "approved" },
  reject: { from: ["created", "pending", "approved"], to: "rejected" },
  suspend: {
    from: ["created", "pending", "approved", "rejected", "suspended", "scheduled_for_deletion"],
    to: "suspended",
  },
  resume: { from: ["suspended", "scheduled_for_deletion"], to: "approved" },
};

/** Where the step leads from `state`, or undefined if it does not lead on from there. */
export function stateAfter(state: State, transition: AccountTransition): State | undefined {
  const { from, to } = transitions[transition];
  return from.includes(state) ? to : undefined;
}
