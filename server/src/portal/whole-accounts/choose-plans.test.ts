import { expect, test } from "vitest";
import { aPlan } from "../../../test/support/build-portal.ts";
import { choosePlans } from "./choose-plans.ts";

const accountPlan = aPlan({ id: 1, kind: "account_plan", productId: null });
const servicePlan = aPlan({ id: 2, kind: "service_plan" });
const basic = aPlan({ id: 3 });
const gold = aPlan({ id: 4, isDefault: false });
const defaults = [accountPlan, servicePlan, basic];

test("without a wish, an account gets the default plans", () => {
  expect(choosePlans([], defaults)).toEqual({ accountPlan, servicePlans: [servicePlan], applicationPlans: [basic] });
});

test("a plan that was asked for takes the place of the default of its product alone", () => {
  const other = aPlan({ id: 5, productId: 8 });
  const otherService = aPlan({ id: 6, kind: "service_plan", productId: 8 });
  const chosen = choosePlans([gold], [...defaults, other, otherService]);
  expect(chosen).toMatchObject({ servicePlans: [servicePlan, otherService], applicationPlans: [gold, other] });
});

test("an account plan that was asked for takes the place of the default", () => {
  const platinum = aPlan({ id: 9, kind: "account_plan", productId: null });
  expect(choosePlans([platinum], defaults)).toMatchObject({ accountPlan: platinum });
});

test("of two service plans of one product neither is had, and of two products both are", () => {
  const premium = aPlan({ id: 7, kind: "service_plan", isDefault: false });
  const elsewhere = aPlan({ id: 8, kind: "service_plan", productId: 8, isDefault: false });
  expect(choosePlans([servicePlan, premium], defaults)).toBe("two service plans");
  expect(choosePlans([premium, elsewhere], defaults)).toMatchObject({ servicePlans: [premium, elsewhere] });
});

test("there is no account without an account plan", () => {
  expect(choosePlans([], [servicePlan, basic])).toBe("no account plan");
});

test("an application of a product that cannot be subscribed to is not to be had, and a default one is left out", () => {
  expect(choosePlans([gold], [accountPlan])).toBe("no service plan");
  expect(choosePlans([], [accountPlan, basic])).toMatchObject({ applicationPlans: [] });
});
