import { Type } from "typebox";
import { accountPlan, adminUrl, applicationPlan, provider } from "../examples/example-portal.ts";
import { answerPlan, answerPlans } from "./answer-plan.ts";
import type { DocumentedAnswer } from "./documented-answer.ts";
import { id, links, times } from "./schema-parts.ts";

const terms = {
  id,
  name: Type.String(),
  state: Type.String({ enum: ["hidden", "published"] }),
  setup_fee: Type.Number(),
  cost_per_month: Type.Number(),
  trial_period_days: Type.Integer(),
  cancellation_period: Type.Integer({ description: "Seconds." }),
  approval_required: Type.Boolean(),
  default: Type.Boolean(),
  ...times,
};

const ofAccounts = Type.Object({ account_plan: Type.Object(terms, { title: "AccountPlan" }) });
const ofApplications = Type.Object({
  application_plan: Type.Object(
    {
      ...terms,
      custom: Type.Boolean({ description: "Whether it was made for one application alone." }),
      system_name: Type.String(),
      links,
    },
    { title: "ApplicationPlan" },
  ),
});

const asked = { provider, adminUrl };

export const accountPlanAnswer: DocumentedAnswer = { schema: ofAccounts, example: answerPlan(asked, accountPlan) };
export const applicationPlanAnswer: DocumentedAnswer = {
  schema: ofApplications,
  example: answerPlan(asked, applicationPlan),
};

/** Lists of plans have one name, whatever their kind. */
export const accountPlansAnswer: DocumentedAnswer = {
  schema: Type.Object({ plans: Type.Array(ofAccounts) }),
  example: answerPlans(asked, [accountPlan]),
};
export const applicationPlansAnswer: DocumentedAnswer = {
  schema: Type.Object({ plans: Type.Array(ofApplications) }),
  example: answerPlans(asked, [applicationPlan]),
};
