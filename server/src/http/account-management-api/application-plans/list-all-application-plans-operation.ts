import { reaches } from "#access/index.ts";
import { listPlans } from "#portal/products/index.ts";
import { answerPlans } from "../answers/answer-plan.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationPlansAnswer } from "../answers/plan-answers.ts";

export const listAllApplicationPlansOperation: Operation = {
  title: "Application Plan List (all services)",
  tag: "Application plans",
  says: "Returns the application plans of all services.",
  method: "GET",
  path: "/application_plans",
  deed: "read-products",
  formats: xmlAndJson,
  answers: applicationPlansAnswer,

  async answer({ pool }, call) {
    const plans = await listPlans(pool, call.provider.id, { kind: "application_plan" });
    return answerPlans(
      call,
      plans.filter(({ productId }) => reaches(call.caller.reach, productId)),
    );
  },
};
