import { updatePlan } from "#portal/products/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { droppedOfPlans, PlanChangeSchema } from "../answers/plan-schemas.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountPlanOf } from "./account-plan-of.ts";
import { accountPlanAnswer } from "../answers/plan-answers.ts";

export const updateAccountPlanOperation: Operation = {
  title: "Account Plan Update",
  tag: "Account plans",
  says: "Changes an account plan. What is left out stays as it is.",
  method: "PUT",
  path: "/account_plans/{id}",
  deed: "change-plans",
  formats: xmlAndJson,
  body: PlanChangeSchema,
  wrapper: "account_plan",
  dropped: droppedOfPlans,
  answers: accountPlanAnswer,

  async answer({ pool }, call) {
    const { values, by } = call;
    return answerPlan(call, doneOrRefuse(await updatePlan(pool, { ...accountPlanOf(call), values, by })).plan);
  },
};
