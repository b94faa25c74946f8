import type { Database, Transaction } from "#platform/database/database.ts";

/** Another account plan that a developer asks for, where the provider decides. */
export interface AccountPlanRequest {
  readonly accountId: number;
  readonly orgName: string;
  readonly planId: number;
  readonly planName: string;
  /** The user's name; null once the user is gone. */
  readonly askedBy: string | null;
  readonly createdAt: Date;
}

// Oldest first. Of one account, served by the primary key; of all, within the provider's own rows.
const listStatement = `
  select request.account_id, account.org_name, request.plan_id,
    plan.name as "planName", asker.username as "askedBy", request.created_at
  from account_plan_requests as request
  join accounts as account on account.provider_id = $1 and account.id = request.account_id
  join plans as plan on plan.provider_id = $1 and plan.id = request.plan_id
  left join users as asker on asker.provider_id = $1 and asker.id = request.user_id
  where request.provider_id = $1 and ($2::bigint is null or request.account_id = $2)
  order by request.created_at, request.account_id
  limit $3`;

/** As many as a page of a list shows at most. */
const listedMax = 200;

export const listAccountPlanRequests = (db: Database, providerId: number): Promise<AccountPlanRequest[]> =>
  db.query<AccountPlanRequest>(listStatement, [providerId, null, listedMax]);

export async function readAccountPlanRequest(
  db: Database,
  providerId: number,
  accountId: number,
): Promise<AccountPlanRequest | undefined> {
  const [request] = await db.query<AccountPlanRequest>(listStatement, [providerId, accountId, 1]);
  return request;
}

// Who changes their mind asks for the new one only. Who asks for the same again changes nothing.
const putStatement = `
  insert into account_plan_requests (provider_id, account_id, plan_id, user_id, created_at)
  values ($1, $2, $3, $4, $5)
  on conflict (provider_id, account_id) do update
  set plan_id = excluded.plan_id, user_id = excluded.user_id, created_at = excluded.created_at
  where account_plan_requests.plan_id <> excluded.plan_id
  returning plan_id`;

/** Whether that is news. */
export async function putAccountPlanRequest(
  tx: Transaction,
  providerId: number,
  request: { accountId: number; planId: number; userId: number | null; now: Date },
): Promise<boolean> {
  const put = await tx.query(putStatement, [
    providerId,
    request.accountId,
    request.planId,
    request.userId,
    request.now,
  ]);
  return put.length > 0;
}

const deleteStatement = `
  delete from account_plan_requests where provider_id = $1 and account_id = $2 returning plan_id`;

/** The plan that was asked for, if one was. A request is deleted when it is decided, either way. */
export async function deleteAccountPlanRequest(
  tx: Transaction,
  providerId: number,
  accountId: number,
): Promise<number | undefined> {
  const [deleted] = await tx.query<{ planId: number }>(deleteStatement, [providerId, accountId]);
  return deleted?.planId;
}
