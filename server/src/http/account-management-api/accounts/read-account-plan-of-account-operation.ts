import { readPlans } from "#portal/products/index.ts";
import { answerPlan } from "../answers/answer-plan.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { readAccountOrRefuse } from "../answers/read-account-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { accountPlanAnswer } from "../answers/plan-answers.ts";

export const readAccountPlanOfAccountOperation: Operation = {
  title: "Account Fetch Account Plan",
  tag: "Accounts",
  says: "Returns the account plan that an account is on.",
  method: "GET",
  path: "/accounts/{account_id}/plan",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: accountPlanAnswer,

  async answer({ pool }, call) {
    const { planId } = await readAccountOrRefuse(pool, call.provider.id, call.id("account_id"));
    const [plan] = await readPlans(pool, call.provider.id, [planId]);
    return answerPlan(call, doneOrRefuse(plan));
  },
};
