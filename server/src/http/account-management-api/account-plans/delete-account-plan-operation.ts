import { deletePlan } from "#portal/products/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountPlanOf } from "./account-plan-of.ts";

export const deleteAccountPlanOperation: Operation = {
  title: "Account Plan Delete",
  tag: "Account plans",
  says: "Deletes an account plan, unless somebody is on it.",
  method: "DELETE",
  path: "/account_plans/{id}",
  deed: "change-plans",
  formats: xmlAndJson,

  async answer({ pool }, call) {
    doneOrRefuse(await deletePlan(pool, { ...accountPlanOf(call), by: call.by }));
    return {};
  },
};
