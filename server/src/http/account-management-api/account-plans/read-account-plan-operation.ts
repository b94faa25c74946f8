import { readPlans } from "#portal/products/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountPlanOf } from "./account-plan-of.ts";
import { accountPlanAnswer } from "../answers/plan-answers.ts";

export const readAccountPlanOperation: Operation = {
  title: "Account Plan Read",
  tag: "Account plans",
  says: "Returns an account plan.",
  method: "GET",
  path: "/account_plans/{id}",
  deed: "read-account-plans",
  formats: xmlAndJson,
  answers: accountPlanAnswer,

  async answer({ pool }, call) {
    const { providerId, kind, productId, planId } = accountPlanOf(call);
    const plans = await readPlans(pool, providerId, [planId]);
    const plan = plans.find((it) => it.kind === kind && it.productId === productId);
    return answerPlan(call, doneOrRefuse(plan));
  },
};
