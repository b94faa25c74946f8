import { createPlan } from "#portal/products/index.ts";
import { answerPlan, pathOfPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { droppedOfPlans, NewPlanSchema } from "../answers/plan-schemas.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountPlanAnswer } from "../answers/plan-answers.ts";

export const createAccountPlanOperation: Operation = {
  title: "Account Plan Create",
  tag: "Account plans",
  says: "Makes an account plan, hidden unless it is published at once.",
  method: "POST",
  path: "/account_plans",
  deed: "change-plans",
  formats: xmlAndJson,
  body: NewPlanSchema,
  wrapper: "account_plan",
  dropped: droppedOfPlans,
  answers: accountPlanAnswer,

  async answer({ pool }, call) {
    const { provider, values, by } = call;
    const plan = { providerId: provider.id, kind: "account_plan", productId: null, values, by } as const;
    const made = doneOrRefuse(await createPlan(pool, plan));
    return { ...answerPlan(call, made.plan), status: 201, location: pathOfPlan(call, made.plan) };
  },
};
