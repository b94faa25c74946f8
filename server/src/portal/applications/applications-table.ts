import type { Database, Transaction } from "#platform/database/database.ts";

import type { Application } from "./application.ts";

/** The columns of an application's own row. */
export interface ApplicationRow extends Omit<Application, "product" | "plan" | "keys" | "referrerFilters"> {
  readonly productId: number;
  readonly planId: number;
}

const columns = `id, account_id, product_id, plan_id, name, description, state,
  user_key, application_id, provider_verification_key,
  redirect_url, create_origin, accepted_at, first_traffic_at,
  first_daily_traffic_at, fields, created_at, updated_at`;

const readStatement = `select ${columns} from applications where provider_id = $1 and id = any($2) order by id`;

export const readApplicationRows = (
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<ApplicationRow[]> => db.query<ApplicationRow>(readStatement, [providerId, ids]);

// Locks the application until the transaction ends. The account is locked before its applications are, by everybody.
const lockStatement = `
  select ${columns}
  from applications
  where provider_id = $1 and account_id = $2 and id = $3
  for no key update`;

export async function lockApplicationRow(
  tx: Transaction,
  { providerId, accountId, applicationId }: { providerId: number; accountId: number; applicationId: number },
): Promise<ApplicationRow | undefined> {
  const [row] = await tx.query<ApplicationRow>(lockStatement, [providerId, accountId, applicationId]);
  return row;
}

const listStatement = `
  select ${columns}
  from applications
  where provider_id = $1 and account_id = $2 and ($3::bigint is null or product_id = $3)
  order by id`;

/** The applications of an account, of all products or of one. Served by applications_account_idx. */
export const listApplicationRows = (
  db: Database,
  providerId: number,
  accountId: number,
  productId?: number,
): Promise<ApplicationRow[]> => db.query<ApplicationRow>(listStatement, [providerId, accountId, productId ?? null]);

// Two that take one key or id at once: the second waits for the first to commit, and then inserts nothing.
const insertStatement = `
  insert into applications (provider_id, account_id, product_id, plan_id, name, description, state, user_key,
    application_id, provider_verification_key, redirect_url, create_origin, first_traffic_at, first_daily_traffic_at,
    fields, created_at, updated_at, accepted_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17)
  on conflict do nothing
  returning ${columns}`;

/** The new row, or undefined if another application of the product has its user key or its application id. */
export async function insertApplicationRow(
  tx: Transaction,
  providerId: number,
  application: Omit<Application, "id">,
): Promise<ApplicationRow | undefined> {
  const [inserted] = await tx.query<ApplicationRow>(insertStatement, [
    providerId,
    application.accountId,
    application.product.id,
    application.plan.id,
    application.name,
    application.description,
    application.state,
    application.userKey,
    application.applicationId,
    application.providerVerificationKey,
    application.redirectUrl,
    application.createOrigin,
    application.firstTrafficAt,
    application.firstDailyTrafficAt,
    application.fields,
    application.createdAt,
    application.acceptedAt,
  ]);
  return inserted;
}

const updateStatement = `
  update applications
  set plan_id = $3, name = $4, description = $5, state = $6, user_key = $7, redirect_url = $8, first_traffic_at = $9,
    first_daily_traffic_at = $10, fields = $11, updated_at = $12, accepted_at = $13, create_origin = $14
  where provider_id = $1 and id = $2`;

/** Writes what can be changed of a locked application. */
export async function updateApplicationRow(
  tx: Transaction,
  providerId: number,
  application: Application,
): Promise<void> {
  await tx.query(updateStatement, [
    providerId,
    application.id,
    application.plan.id,
    application.name,
    application.description,
    application.state,
    application.userKey,
    application.redirectUrl,
    application.firstTrafficAt,
    application.firstDailyTrafficAt,
    application.fields,
    application.updatedAt,
    application.acceptedAt,
    application.createOrigin,
  ]);
}

// With the plans that were made for them alone. Served by applications_plan_idx: a sign-up once could put a second
// application on such a plan, which stays until that one goes as well.
const deleteStatement = `
  with gone as (delete from applications where provider_id = $1 and id = any($2) returning plan_id)
  delete from plans
  where provider_id = $1 and id in (select plan_id from gone) and customized_from is not null
    and not exists (
      select from applications as other
      where other.provider_id = $1 and other.plan_id = plans.id and other.id <> all($2)
    )`;

/** Deletes applications with their keys, referrer filters and customised plans. */
export async function deleteApplicationRows(
  tx: Transaction,
  providerId: number,
  ids: readonly number[],
): Promise<void> {
  await tx.query(deleteStatement, [providerId, ids]);
}
