import { readPlans } from "#portal/products/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationPlanOf } from "./application-plan-of.ts";
import { applicationPlanAnswer } from "../answers/plan-answers.ts";

export const readApplicationPlanOperation: Operation = {
  title: "Application Plan Read",
  tag: "Application plans",
  says: "Returns an application plan.",
  method: "GET",
  path: "/services/{service_id}/application_plans/{id}",
  deed: "read-products",
  formats: xmlAndJson,
  answers: applicationPlanAnswer,

  async answer({ pool }, call) {
    const { providerId, kind, productId, planId } = applicationPlanOf(call);
    const plans = await readPlans(pool, providerId, [planId]);
    const plan = plans.find((it) => it.kind === kind && it.productId === productId);
    return answerPlan(call, doneOrRefuse(plan));
  },
};
