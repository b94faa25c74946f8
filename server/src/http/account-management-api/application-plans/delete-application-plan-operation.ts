import { deletePlan } from "#portal/products/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { applicationPlanOf } from "./application-plan-of.ts";

export const deleteApplicationPlanOperation: Operation = {
  title: "Application Plan Delete",
  tag: "Application plans",
  says: "Deletes an application plan, unless somebody is on it.",
  method: "DELETE",
  path: "/services/{service_id}/application_plans/{id}",
  deed: "change-plans",
  formats: xmlAndJson,

  async answer({ pool }, call) {
    doneOrRefuse(await deletePlan(pool, { ...applicationPlanOf(call), by: call.by }));
    return {};
  },
};
