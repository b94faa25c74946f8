import { makePlanDefault } from "#portal/products/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationPlanOf } from "./application-plan-of.ts";
import { applicationPlanAnswer } from "../answers/plan-answers.ts";

export const makeApplicationPlanDefaultOperation: Operation = {
  title: "Application Plan Set to Default",
  tag: "Application plans",
  says: "Makes an application plan the one that new applications of its service get.",
  method: "PUT",
  path: "/services/{service_id}/application_plans/{id}/default",
  deed: "change-plans",
  formats: xmlAndJson,
  answers: applicationPlanAnswer,

  async answer({ pool }, call) {
    const made = await makePlanDefault(pool, { ...applicationPlanOf(call), by: call.by });
    return answerPlan(call, doneOrRefuse(made).plan);
  },
};
