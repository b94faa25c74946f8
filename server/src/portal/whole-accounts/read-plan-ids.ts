import type { Database } from "#platform/database/database.ts";

const statement = `
  select id as "accountId", plan_id as "planId" from accounts where provider_id = $1 and id = any($2)
  union
  select account_id, plan_id from service_subscriptions where provider_id = $1 and account_id = any($2)
  union
  select account_id, plan_id from applications where provider_id = $1 and account_id = any($2)`;

/** Which plans accounts have: their own, those of their subscriptions and those of their applications. */
export const readPlanIds = (
  db: Database,
  providerId: number,
  accountIds: readonly number[],
): Promise<readonly { accountId: number; planId: number }[]> => db.query(statement, [providerId, accountIds]);
