import type { Reach } from "#access/index.ts";
import type { Database, Transaction } from "#platform/database/database.ts";

/** Another plan that a developer asks for, where the provider decides. */
export interface PlanRequest {
  readonly applicationId: number;
  readonly applicationName: string;
  readonly accountId: number;
  readonly orgName: string;
  readonly planId: number;
  readonly planName: string;
  /** The user's name; null once the user is gone. */
  readonly askedBy: string | null;
  readonly createdAt: Date;
}

// Oldest first. Of one application, served by the primary key; of all, within the provider's own rows.
const listStatement = `
  select request.application_id,
    coalesce(nullif(trim(application.name), ''), 'Application ' || application.id) as "applicationName",
    application.account_id, account.org_name, request.plan_id,
    plan.name as "planName", asker.username as "askedBy", request.created_at
  from plan_requests as request
  join applications as application on application.provider_id = $1 and application.id = request.application_id
  join accounts as account on account.provider_id = $1 and account.id = application.account_id
  join plans as plan on plan.provider_id = $1 and plan.id = request.plan_id
  left join users as asker on asker.provider_id = $1 and asker.id = request.user_id
  where request.provider_id = $1 and ($2::bigint is null or request.application_id = $2)
    and ($4::bigint[] is null or application.product_id = any($4))
  order by request.created_at, request.application_id
  limit $3`;

/** As many as a page of a list shows at most. */
const listedMax = 200;

/** What is asked for applications of the products that somebody reaches. */
export const listPlanRequests = (db: Database, providerId: number, reach: Reach): Promise<PlanRequest[]> =>
  db.query<PlanRequest>(listStatement, [providerId, null, listedMax, reach]);

export async function readPlanRequest(
  db: Database,
  providerId: number,
  applicationId: number,
): Promise<PlanRequest | undefined> {
  const [request] = await db.query<PlanRequest>(listStatement, [providerId, applicationId, 1, null]);
  return request;
}

// Who changes their mind asks for the new one only. Who asks for the same again changes nothing.
const putStatement = `
  insert into plan_requests (provider_id, application_id, plan_id, user_id, created_at)
  values ($1, $2, $3, $4, $5)
  on conflict (provider_id, application_id) do update
  set plan_id = excluded.plan_id, user_id = excluded.user_id, created_at = excluded.created_at
  where plan_requests.plan_id <> excluded.plan_id
  returning plan_id`;

/** Whether that is news. */
export async function putPlanRequest(
  tx: Transaction,
  providerId: number,
  request: { applicationId: number; planId: number; userId: number | null; now: Date },
): Promise<boolean> {
  const put = await tx.query(putStatement, [
    providerId,
    request.applicationId,
    request.planId,
    request.userId,
    request.now,
  ]);
  return put.length > 0;
}

const deleteStatement = `
  delete from plan_requests where provider_id = $1 and application_id = $2 returning plan_id`;

/** The plan that was asked for, if one was. A request is deleted when it is decided, either way. */
export async function deletePlanRequest(
  tx: Transaction,
  providerId: number,
  applicationId: number,
): Promise<number | undefined> {
  const [deleted] = await tx.query<{ planId: number }>(deleteStatement, [providerId, applicationId]);
  return deleted?.planId;
}
