import { updatePlan } from "#portal/products/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { droppedOfPlans, PlanChangeSchema } from "../answers/plan-schemas.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationPlanOf } from "./application-plan-of.ts";
import { applicationPlanAnswer } from "../answers/plan-answers.ts";

export const updateApplicationPlanOperation: Operation = {
  title: "Application Plan Update",
  tag: "Application plans",
  says: "Changes an application plan. What is left out stays as it is.",
  method: "PUT",
  path: "/services/{service_id}/application_plans/{id}",
  deed: "change-plans",
  formats: xmlAndJson,
  body: PlanChangeSchema,
  wrapper: "application_plan",
  dropped: droppedOfPlans,
  answers: applicationPlanAnswer,

  async answer({ pool }, call) {
    const { values, by } = call;
    return answerPlan(call, doneOrRefuse(await updatePlan(pool, { ...applicationPlanOf(call), values, by })).plan);
  },
};
