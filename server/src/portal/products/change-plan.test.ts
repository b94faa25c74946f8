import { expect, test } from "vitest";
import { aPlan } from "../../../test/support/build-portal.ts";
import { parsePlan } from "./change-plan.ts";
import { deriveSystemName } from "./change-product.ts";

const before = aPlan({ costPerMonth: "12.5", trialPeriodDays: 30 });

test.each([
  ["a blank name", { name: " " }, { name: ["can't be blank"] }],
  ["a non-numeric fee", { setup_fee: "ten" }, { setup_fee: ["is not a number"] }],
  ["a negative cost", { cost_per_month: "-1" }, { cost_per_month: ["must be greater than or equal to 0"] }],
  ["a lone point", { setup_fee: "." }, { setup_fee: ["is not a number"] }],
  ["a fee of five decimals", { setup_fee: ".00001" }, { setup_fee: ["has too many decimals (maximum is 4)"] }],
  ["a trial of half a day", { trial_period_days: "0.5" }, { trial_period_days: ["is not a number"] }],
  ["an unknown state event", { state_event: "archive" }, { state_event: ["invalid"] }],
])("a plan change with %s is refused", (_defect, input, errors) => {
  expect(parsePlan(before, input, new Date(0)).errors).toEqual(errors);
});

test("an input keeps omitted terms and clears empty ones", () => {
  const input = { cost_per_month: "", trial_period_days: null, state_event: "hide" };
  const { plan, errors } = parsePlan(before, input, new Date(0));
  expect(plan).toMatchObject({ name: before.name, costPerMonth: "0.0000", trialPeriodDays: null, state: "hidden" });
  expect(errors).toEqual({});
  expect(parsePlan(before, {}, new Date(0)).plan).toEqual(before);
});

test.each([
  [".5", "0.5000"],
  ["7.", "7.0000"],
  [" 00.25 ", "0.2500"],
  [0.1, "0.1000"],
])("the cost %s is %s", (costPerMonth, stored) => {
  const { plan, errors } = parsePlan(before, { cost_per_month: costPerMonth }, new Date(0));
  expect([plan.costPerMonth, errors]).toEqual([stored, {}]);
});

test.each([
  ["Gold & Co.", "gold_co"],
  ["Évasion – été", "evasion_ete"],
  ["Große Fähre nach Ørland", "grosse_fahre_nach_orland"],
  ["Łódź Æther Þing", "lodz_aether_thing"],
  ["a__b", "a__b"],
  ["_a - b_", "_a_b_"],
  ["a _ b", "a___b"],
  ["-İzmir ŉ 2×3-", "izmir_n_2x3"],
  ["Tiếng", "ti_ng"],
  ["潮汐", undefined],
])("the name %s becomes the system name %s, as in 3scale", (name, systemName) => {
  expect(deriveSystemName(name)).toBe(systemName);
});
