import type { Database } from "#platform/database/database.ts";
import { readPlans } from "#portal/products/index.ts";

import type { SubscriptionOnPlan } from "./represent-subscription.ts";
import { listSubscriptions } from "./subscriptions-table.ts";

/** The subscriptions of an account with their plans, oldest first. */
export async function readSubscriptions(
  db: Database,
  providerId: number,
  accountId: number,
): Promise<SubscriptionOnPlan[]> {
  const subscriptions = await listSubscriptions(db, providerId, accountId);
  const planIds = subscriptions.map(({ planId }) => planId);
  const plans = new Map((await readPlans(db, providerId, planIds)).map((plan) => [plan.id, plan]));
  return subscriptions.map((subscription) => {
    const plan = plans.get(subscription.planId);
    if (!plan) throw new Error(`Subscription ${subscription.id} has no plan.`);
    return { subscription, plan };
  });
}
