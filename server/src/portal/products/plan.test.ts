import { expect, test } from "vitest";
import { planStepOf } from "./plan.ts";

test.each([
  ["direct", "change", "change"],
  ["request", "request", "request"],
  ["credit_card", "none", "change"],
  ["request_credit_card", "request", "change"],
  ["none", "none", "none"],
] as const)(
  "the permission %s means the plan step %s without a credit card, and %s with one",
  (permission, without, having) => {
    expect([planStepOf(permission, false), planStepOf(permission, true)]).toEqual([without, having]);
  },
);
