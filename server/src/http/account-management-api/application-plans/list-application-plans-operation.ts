import { listPlans, readProduct } from "#portal/products/index.ts";
import { answerPlans } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationPlansAnswer } from "../answers/plan-answers.ts";

export const listApplicationPlansOperation: Operation = {
  title: "Application Plan List",
  tag: "Application plans",
  says: "Returns the application plans of a service.",
  method: "GET",
  path: "/services/{service_id}/application_plans",
  deed: "read-products",
  formats: xmlAndJson,
  answers: applicationPlansAnswer,

  async answer({ pool }, call) {
    const product = doneOrRefuse(await readProduct(pool, call.provider.id, call.serviceId("service_id")));
    const plans = await listPlans(pool, call.provider.id, { kind: "application_plan", productId: product.id });
    return answerPlans(call, plans);
  },
};
