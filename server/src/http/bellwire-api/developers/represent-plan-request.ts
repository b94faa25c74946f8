import type { AccountPlanRequest } from "#portal/accounts/index.ts";
import type { PlanRequest } from "#portal/applications/index.ts";

export const representPlanRequest = (it: PlanRequest) => ({
  application_id: it.applicationId,
  application_name: it.applicationName,
  ...representAccountPlanRequest(it),
});

export const representAccountPlanRequest = (it: AccountPlanRequest) => ({
  account_id: it.accountId,
  org_name: it.orgName,
  plan_id: it.planId,
  plan_name: it.planName,
  asked_by: it.askedBy,
  created_at: it.createdAt.toISOString(),
});
