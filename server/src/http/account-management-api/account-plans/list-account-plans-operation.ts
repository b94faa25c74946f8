import { listPlans } from "#portal/products/index.ts";
import { answerPlans } from "../answers/answer-plan.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountPlansAnswer } from "../answers/plan-answers.ts";

export const listAccountPlansOperation: Operation = {
  title: "Account Plan List",
  tag: "Account plans",
  says: "Returns the account plans.",
  method: "GET",
  path: "/account_plans",
  deed: "read-account-plans",
  formats: xmlAndJson,
  answers: accountPlansAnswer,

  async answer({ pool }, call) {
    return answerPlans(call, await listPlans(pool, call.provider.id, { kind: "account_plan" }));
  },
};
