import type { Transaction } from "#platform/database/database.ts";
import type { Plan } from "#portal/products/index.ts";

const statement = `
  insert into service_subscriptions (provider_id, account_id, product_id, plan_id, state, created_at, updated_at)
  select $1, $2, plan.product_id, plan.id, case when plan.approval_required then 'pending' else 'live' end, $4, $4
  from plans as plan
  where plan.provider_id = $1 and plan.id = any($3)`;

/** Subscribes an account to the products of these service plans. */
export async function insertServiceSubscriptions(
  tx: Transaction,
  { providerId, accountId, plans, now }: { providerId: number; accountId: number; plans: readonly Plan[]; now: Date },
): Promise<void> {
  if (plans.length === 0) return;
  await tx.query(statement, [providerId, accountId, plans.map((plan) => plan.id), now]);
}
