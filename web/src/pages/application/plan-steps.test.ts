import { expect, test } from "vitest";

import { planSteps } from "./plan-steps.ts";

const plansForAll = [{ id: 1 }, { id: 2 }];
const offered = (planId: number, plans?: typeof plansForAll) =>
  planSteps({ plan_id: planId }, plans).map(({ operation }) => operation);

test("a plan that all can have can be customized, and only one that was leads back", () => {
  expect(offered(2, plansForAll)).toEqual(["customize_plan"]);
  expect(offered(3, plansForAll)).toEqual(["decustomize_plan"]);
});

test("nothing is offered while it is not known which of both it is", () => {
  expect(offered(2)).toEqual([]);
});
