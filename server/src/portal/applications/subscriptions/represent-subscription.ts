import { daysAfter } from "#platform/clock/iso-time.ts";
import { record, value, type Node, type Value } from "#platform/document/document.ts";
import { writeDecimal } from "#platform/document/write-decimal.ts";
import type { Json } from "#platform/document/write-json.ts";
import type { Plan } from "#portal/products/index.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

import type { Subscription } from "./subscriptions-table.ts";

/** A subscription and the plan that it is on. */
export interface SubscriptionOnPlan {
  readonly subscription: Subscription;
  readonly plan: Plan;
}

interface Column {
  readonly name: string;
  readonly type?: "integer" | "dateTime" | "decimal";
  readonly value: Value;
}

/** All columns of 3scale's contracts, in its order: those of applications, too, which are null here. */
function columnsOf(
  { subscription, plan }: SubscriptionOnPlan,
  { id, timeZone }: Provider,
  now: Date,
): readonly Column[] {
  const time = (at: Date): Value => writeTimestamp(at, timeZone);
  const { createdAt } = subscription;
  const trialEndsAt = daysAfter(createdAt, plan.trialPeriodDays ?? 0);
  return [
    { name: "id", type: "integer", value: subscription.id },
    { name: "plan_id", type: "integer", value: subscription.planId },
    { name: "user_account_id", type: "integer", value: subscription.accountId },
    { name: "user_key", value: null },
    { name: "provider_public_key", value: null },
    { name: "created_at", type: "dateTime", value: time(createdAt) },
    { name: "updated_at", type: "dateTime", value: time(subscription.updatedAt) },
    { name: "state", value: subscription.state },
    { name: "description", value: null },
    { name: "paid_until", type: "dateTime", value: time(trialEndsAt) },
    { name: "application_id", value: null },
    { name: "name", value: null },
    { name: "trial_period_expires_at", type: "dateTime", value: time(trialEndsAt) },
    { name: "setup_fee", type: "decimal", value: { decimal: plan.setupFee } },
    { name: "redirect_url", value: null },
    { name: "variable_cost_paid_until", type: "dateTime", value: time(now) },
    { name: "extra_fields", value: null },
    { name: "tenant_id", type: "integer", value: id },
    { name: "create_origin", value: null },
    { name: "first_traffic_at", type: "dateTime", value: null },
    { name: "first_daily_traffic_at", type: "dateTime", value: null },
    { name: "service_id", type: "integer", value: subscription.productId },
    { name: "accepted_at", type: "dateTime", value: null },
  ];
}

/** A subscription as the API's XML has it: a service contract, whose elements say their types and whether they are null. */
export const representSubscription = (it: SubscriptionOnPlan, provider: Provider, now: Date): Node =>
  record(
    "service-contract",
    columnsOf(it, provider, now).map(({ name, type, value: held }) =>
      value(name.replaceAll("_", "-"), held, { ...(type && { type }), ...(held === null && { nil: true }) }),
    ),
  );

/** The same as JSON, with nulls and with the fee as a text. */
export const subscriptionToJson = (it: SubscriptionOnPlan, provider: Provider, now: Date): Json => ({
  service_contract: Object.fromEntries(
    columnsOf(it, provider, now).map(({ name, value: held }) => [
      name,
      typeof held === "object" && held !== null ? writeDecimal(held.decimal) : held,
    ]),
  ),
});
