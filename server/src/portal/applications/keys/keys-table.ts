import type { Database, Transaction } from "#platform/database/database.ts";

import type { ApplicationKey } from "../application.ts";

const listStatement = `
  select application_id, value, created_at, updated_at
  from application_keys
  where provider_id = $1 and application_id = any($2)
  order by application_id, created_at, value`;

export const listKeys = (
  db: Database,
  providerId: number,
  applicationIds: readonly number[],
): Promise<(ApplicationKey & { applicationId: number })[]> => db.query(listStatement, [providerId, applicationIds]);

const insertStatement = `
  insert into application_keys (provider_id, application_id, value, created_at, updated_at)
  values ($1, $2, $3, $4, $4)`;

export async function insertKey(
  tx: Transaction,
  providerId: number,
  applicationId: number,
  key: ApplicationKey,
): Promise<void> {
  await tx.query(insertStatement, [providerId, applicationId, key.value, key.createdAt]);
}

const deleteStatement = `delete from application_keys where provider_id = $1 and application_id = $2 and value = $3`;

export async function deleteKey(
  tx: Transaction,
  providerId: number,
  applicationId: number,
  value: string,
): Promise<void> {
  await tx.query(deleteStatement, [providerId, applicationId, value]);
}
