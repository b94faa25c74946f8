import type { Database, Transaction } from "#platform/database/database.ts";

import type { Application } from "./application.ts";

/** The columns of an application's own row. */
export interface ApplicationRow extends Omit<Application, "product" | "plan" | "keys" | "referrerFilters"> {
  readonly productId: number;
  readonly planId: number;
}

const columns = `id, account_id as "accountId", product_id as "productId", plan_id as "planId", name, description, state,
  user_key as "userKey", application_id as "applicationId", provider_verification_key as "providerVerificationKey",
  redirect_url as "redirectUrl", create_origin as "createOrigin", first_traffic_at as "firstTrafficAt",
  first_daily_traffic_at as "firstDailyTrafficAt", fields, created_at as "createdAt", updated_at as "updatedAt"`;

const readStatement = `select ${columns} from applications where provider_id = $1 and id = $2`;

export const readApplicationRows = (db: Database, providerId: number, id: number): Promise<ApplicationRow[]> =>
  db.query<ApplicationRow>(readStatement, [providerId, id]);

const listStatement = `select ${columns} from applications where provider_id = $1 and account_id = $2 order by id`;

/** Served by applications_account_idx. */
export const listApplicationRows = (db: Database, providerId: number, accountId: number): Promise<ApplicationRow[]> =>
  db.query<ApplicationRow>(listStatement, [providerId, accountId]);

const insertStatement = `
  insert into applications (provider_id, account_id, product_id, plan_id, name, description, state, user_key,
    application_id, provider_verification_key, create_origin, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
  returning ${columns}`;

export type NewApplicationRow = Pick<
  ApplicationRow,
  | "accountId"
  | "productId"
  | "planId"
  | "name"
  | "description"
  | "state"
  | "userKey"
  | "applicationId"
  | "providerVerificationKey"
  | "createOrigin"
>;

export async function insertApplicationRow(
  tx: Transaction,
  providerId: number,
  row: NewApplicationRow,
  now: Date,
): Promise<ApplicationRow> {
  const [inserted] = await tx.query<ApplicationRow>(insertStatement, [
    providerId,
    row.accountId,
    row.productId,
    row.planId,
    row.name,
    row.description,
    row.state,
    row.userKey,
    row.applicationId,
    row.providerVerificationKey,
    row.createOrigin,
    now,
  ]);
  if (!inserted) throw new Error("The new application was not returned.");
  return inserted;
}
