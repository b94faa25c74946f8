import { Type } from "typebox";
import { changeAccountPlan } from "#portal/whole-accounts/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { idOf } from "../requests/read-parameters.ts";
import { accountPlanAnswer } from "../answers/plan-answers.ts";

export const changeAccountPlanOperation: Operation = {
  title: "Account Change Plan",
  tag: "Accounts",
  says: "Moves an account to another account plan, also to a hidden one, and returns the plan.",
  method: "PUT",
  path: "/accounts/{id}/change_plan",
  deed: "change-portal",
  formats: xmlAndJson,
  body: Type.Object({ plan_id: Type.Integer() }, { examples: [{ plan_id: 9 }] }),
  answers: accountPlanAnswer,

  async answer({ pool }, call) {
    const { provider, values, by } = call;
    const planId = idOf(values["plan_id"]) ?? 0;
    const outcome = await changeAccountPlan(pool, { provider, accountId: call.id("id"), planId, by });
    return answerPlan(call, doneOrRefuse(outcome).plan);
  },
};
