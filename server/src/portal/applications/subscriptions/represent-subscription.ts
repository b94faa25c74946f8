import { record, value, type Node } from "#platform/document/document.ts";
import { decimalToJson, documentToJson, type Json } from "#platform/document/write-json.ts";
import type { Plan } from "#portal/products/index.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

import type { Subscription } from "./subscriptions-table.ts";

/** A subscription and the plan that it is on. */
export interface SubscriptionOnPlan {
  readonly subscription: Subscription;
  readonly plan: Plan;
}

/** A subscription as the API's XML has it: a service contract. */
export const representSubscription = ({ subscription, plan }: SubscriptionOnPlan, { id, timeZone }: Provider): Node =>
  record("service_contract", [
    value("id", subscription.id),
    value("plan_id", subscription.planId),
    value("user_account_id", subscription.accountId),
    value("created_at", writeTimestamp(subscription.createdAt, timeZone)),
    value("updated_at", writeTimestamp(subscription.updatedAt, timeZone)),
    value("state", subscription.state),
    value("setup_fee", { decimal: plan.setupFee }),
    value("type", "ServiceContract"),
    value("tenant_id", id),
    value("service_id", subscription.productId),
  ]);

/** The same as JSON. */
export const subscriptionToJson = (it: SubscriptionOnPlan, provider: Provider): Json => ({
  service_contract: documentToJson(representSubscription(it, provider), decimalToJson),
});
