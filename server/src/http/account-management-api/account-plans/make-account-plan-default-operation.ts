import { makePlanDefault } from "#portal/products/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountPlanOf } from "./account-plan-of.ts";
import { accountPlanAnswer } from "../answers/plan-answers.ts";

export const makeAccountPlanDefaultOperation: Operation = {
  title: "Account Plan set to Default",
  tag: "Account plans",
  says: "Makes an account plan the one that new accounts get.",
  method: "PUT",
  path: "/account_plans/{id}/default",
  deed: "change-plans",
  formats: xmlAndJson,
  answers: accountPlanAnswer,

  async answer({ pool }, call) {
    const made = await makePlanDefault(pool, { ...accountPlanOf(call), by: call.by });
    return answerPlan(call, doneOrRefuse(made).plan);
  },
};
