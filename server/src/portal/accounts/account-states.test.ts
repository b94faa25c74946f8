import { expect, test } from "vitest";
import { aPlan } from "../../../test/support/build-portal.ts";
import { accountStateAfter, initialStates } from "./account-states.ts";

test.each([
  ["make_pending", ["pending", undefined, "pending", "pending", undefined, undefined]],
  ["approve", ["approved", "approved", undefined, "approved", undefined, undefined]],
  ["reject", ["rejected", "rejected", "rejected", undefined, undefined, undefined]],
  ["suspend", ["suspended", "suspended", "suspended", "suspended", "suspended", "suspended"]],
  ["resume", [undefined, undefined, undefined, undefined, "approved", "approved"]],
] as const)("the transition %s is valid from its source states only", (transition, after) => {
  const states = ["created", "pending", "approved", "rejected", "suspended", "scheduled_for_deletion"] as const;
  expect(states.map((state) => accountStateAfter(state, transition))).toEqual(after);
});

const form = { via: "form", activatesByMail: false } as const;
const program = { via: "program", hasPassword: true } as const;

test.each([
  ["a developer's sign-up without activation email is approved and active", form, false, "approved", "active"],
  ["a developer's sign-up to a plan with approval is pending", form, true, "pending", "active"],
  [
    "a developer's sign-up with activation email has a created account and a pending user",
    { ...form, activatesByMail: true },
    false,
    "created",
    "pending",
  ],
  ["an account created by a program with a password is approved and active", program, false, "approved", "active"],
  [
    "an account created by a program without a password has a pending user",
    { ...program, hasPassword: false },
    false,
    "created",
    "pending",
  ],
  ["an account created by a program on a plan with approval has a pending user", program, true, "created", "pending"],
] as const)("%s", (_guarantee, circumstances, approvalRequired, account, user) => {
  const accountPlan = aPlan({ kind: "account_plan", productId: null, approvalRequired });
  expect(initialStates(circumstances, accountPlan)).toEqual({ account, user });
});
