import { Type } from "typebox";
import { changeApplicationPlan } from "#portal/applications/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { idOf } from "../requests/read-parameters.ts";
import { applicationChangeOf } from "./application-change-of.ts";
import { applicationPlanAnswer } from "../answers/plan-answers.ts";

export const changeApplicationPlanOperation: Operation = {
  title: "Application Change Plan",
  tag: "Applications",
  says: "Moves an application to another plan of its service, also to a hidden one, and returns the plan.",
  method: "PUT",
  path: "/accounts/{account_id}/applications/{id}/change_plan",
  deed: "change-portal",
  formats: xmlAndJson,
  body: Type.Object({ plan_id: Type.Integer() }, { examples: [{ plan_id: 11 }] }),
  answers: applicationPlanAnswer,

  async answer({ pool }, call) {
    const planId = idOf(call.values["plan_id"]) ?? 0;
    const outcome = await changeApplicationPlan(pool, { ...applicationChangeOf(call), planId, writer: "program" });
    return answerPlan(call, doneOrRefuse(outcome).application.plan);
  },
};
