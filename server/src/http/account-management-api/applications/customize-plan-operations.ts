import { customizeApplicationPlan, decustomizeApplicationPlan } from "#portal/applications/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationChangeOf } from "./application-change-of.ts";
import { applicationPlanAnswer } from "../answers/plan-answers.ts";

const put = {
  tag: "Applications",
  method: "PUT",
  deed: "change-portal",
  formats: xmlAndJson,
  answers: applicationPlanAnswer,
} as const satisfies Partial<Operation>;

export const customizePlanOperation: Operation = {
  ...put,
  title: "Application Create Plan Customization",
  says: "Gives an application a plan of its own, which starts as the one that it is on, and returns the plan.",
  path: "/accounts/{account_id}/applications/{id}/customize_plan",

  async answer({ pool }, call) {
    const { application } = doneOrRefuse(await customizeApplicationPlan(pool, applicationChangeOf(call)));
    return answerPlan(call, application.plan);
  },
};

export const decustomizePlanOperation: Operation = {
  ...put,
  title: "Application Delete Plan Customization",
  says: "Puts an application back on the plan that its own was made from, and returns that.",
  path: "/accounts/{account_id}/applications/{id}/decustomize_plan",

  async answer({ pool }, call) {
    const { application } = doneOrRefuse(await decustomizeApplicationPlan(pool, applicationChangeOf(call)));
    return answerPlan(call, application.plan);
  },
};
