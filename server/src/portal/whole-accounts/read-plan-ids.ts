import type { Database } from "#platform/database/database.ts";

const statement = `
  select plan_id as "planId" from accounts where provider_id = $1 and id = $2
  union
  select plan_id from service_subscriptions where provider_id = $1 and account_id = $2
  union
  select plan_id from applications where provider_id = $1 and account_id = $2`;

/** The ids of all plans that an account has: its own, those of its subscriptions and those of its applications. */
export async function readPlanIds(db: Database, providerId: number, accountId: number): Promise<readonly number[]> {
  const rows = await db.query<{ planId: number }>(statement, [providerId, accountId]);
  return rows.map((row) => row.planId);
}
