import { expect, test } from "vitest";
import { stateAfter } from "./account-transitions.ts";

test.each([
  ["make_pending", ["pending", undefined, "pending", "pending", undefined, undefined]],
  ["approve", ["approved", "approved", undefined, "approved", undefined, undefined]],
  ["reject", ["rejected", "rejected", "rejected", undefined, undefined, undefined]],
  ["suspend", ["suspended", "suspended", "suspended", "suspended", "suspended", "suspended"]],
  ["resume", [undefined, undefined, undefined, undefined, "approved", "approved"]],
] as const)("%s leads on from some states and from no other", (transition, after) => {
  const states = ["created", "pending", "approved", "rejected", "suspended", "scheduled_for_deletion"] as const;
  expect(states.map((state) => stateAfter(state, transition))).toEqual(after);
});
