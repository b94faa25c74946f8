import { createPlan, readProduct } from "#portal/products/index.ts";
import { answerPlan, pathOfPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { droppedOfPlans, NewPlanSchema } from "../answers/plan-schemas.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationPlanAnswer } from "../answers/plan-answers.ts";

export const createApplicationPlanOperation: Operation = {
  title: "Application Plan Create",
  tag: "Application plans",
  says: "Makes an application plan of a service, hidden unless it is published at once.",
  method: "POST",
  path: "/services/{service_id}/application_plans",
  deed: "change-plans",
  formats: xmlAndJson,
  body: NewPlanSchema,
  wrapper: "application_plan",
  dropped: droppedOfPlans,
  answers: applicationPlanAnswer,

  async answer({ pool }, call) {
    const { provider, values, by } = call;
    const { id: productId } = doneOrRefuse(await readProduct(pool, provider.id, call.serviceId("service_id")));
    const plan = { providerId: provider.id, kind: "application_plan", productId, values, by } as const;
    const made = doneOrRefuse(await createPlan(pool, plan));
    return { ...answerPlan(call, made.plan), status: 201, location: pathOfPlan(call, made.plan) };
  },
};
