import { expect, test } from "vitest";
import { aPlan } from "../../../test/support/build-portal.ts";
import { accountStateAfter, initialStates } from "./account-states.ts";

test.each([
  ["make_pending", ["pending", undefined, "pending", "pending", undefined, undefined]],
  ["approve", ["approved", "approved", undefined, "approved", undefined, undefined]],
  ["reject", ["rejected", "rejected", "rejected", undefined, undefined, undefined]],
  ["suspend", ["suspended", "suspended", "suspended", "suspended", "suspended", "suspended"]],
  ["resume", [undefined, undefined, undefined, undefined, "approved", "approved"]],
] as const)("%s leads on from some states and from no other", (transition, after) => {
  const states = ["created", "pending", "approved", "rejected", "suspended", "scheduled_for_deletion"] as const;
  expect(states.map((state) => accountStateAfter(state, transition))).toEqual(after);
});

const form = { via: "form", activatesByMail: false } as const;
const program = { via: "program", hasPassword: true } as const;

test.each([
  ["a developer can begin at once where no mail is asked for", form, false, "approved", "active"],
  ["but waits where the plan requires approval", form, true, "pending", "active"],
  [
    "and proves the address first where it is asked for",
    { ...form, activatesByMail: true },
    false,
    "created",
    "pending",
  ],
  ["a program's account with a password is ready", program, false, "approved", "active"],
  ["one without a password is not", { ...program, hasPassword: false }, false, "created", "pending"],
  ["nor is one whose plan requires approval", program, true, "created", "pending"],
] as const)("%s", (_guarantee, circumstances, approvalRequired, account, user) => {
  const accountPlan = aPlan({ kind: "account_plan", productId: null, approvalRequired });
  expect(initialStates(circumstances, accountPlan)).toEqual({ account, user });
});
