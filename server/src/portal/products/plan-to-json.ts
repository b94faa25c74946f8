import { decimalToJson, type Json } from "#platform/document/write-json.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

import type { Plan } from "./plan.ts";

/** A plan as the API's JSON has it. `adminUrl` is the origin that the API is reached at. */
export function planToJson(plan: Plan, { timeZone }: Provider, adminUrl: string): Json {
  return {
    [plan.kind]: {
      id: plan.id,
      name: plan.name,
      state: plan.state,
      setup_fee: decimalToJson(plan.setupFee),
      cost_per_month: decimalToJson(plan.costPerMonth),
      trial_period_days: plan.trialPeriodDays ?? 0,
      cancellation_period: plan.cancellationPeriodSeconds,
      approval_required: plan.approvalRequired,
      default: plan.isDefault,
      created_at: writeTimestamp(plan.createdAt, timeZone),
      updated_at: writeTimestamp(plan.updatedAt, timeZone),
      ...(plan.productId === null ? {} : ofProduct(plan, `${adminUrl}/admin/api/services/${plan.productId}`)),
    },
  };
}

const ofProduct = (
  { id, kind, customizedFrom, systemName }: Plan,
  service: string,
): Readonly<Record<string, Json>> => ({
  ...(kind === "application_plan" ? { custom: customizedFrom !== null } : {}),
  system_name: systemName,
  links: [
    { rel: "service", href: service },
    { rel: "self", href: `${service}/${kind}s/${id}` },
  ],
});
