import { expect, test } from "vitest";

import { describeGate } from "./describe-gate.ts";

const suspended = { label: "Application suspended", switch: "application_suspended_on" };

test.each([
  ["not_active", "active"],
  ["switch_off", "application_suspended_on"],
  ["admin_actions_off", "provider_actions"],
  ["no_acting_user", "all_actors"],
  ["web_hooks_denied", undefined],
] as const)("the gate %s leads to the control that opens it", (gate, control) => {
  expect(describeGate(gate, suspended).control?.id).toBe(control);
});

test("a switch that was off is named", () => {
  expect(describeGate("switch_off", suspended).reason).toContain("Application suspended");
});
