import type { Database, Transaction } from "#platform/database/database.ts";

/** A host, or a pattern of hosts, that calls of an application may come from. */
export interface ReferrerFilter {
  readonly id: number;
  readonly applicationId: number;
  readonly value: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const columns = `id, application_id as "applicationId", value, created_at, updated_at`;

const listStatement = `
  select ${columns} from referrer_filters where provider_id = $1 and application_id = any($2) order by id`;

/** The referrer filters of some applications, oldest first. */
export const listReferrerFilters = (
  db: Database,
  providerId: number,
  applicationIds: readonly number[],
): Promise<ReferrerFilter[]> => db.query<ReferrerFilter>(listStatement, [providerId, applicationIds]);

const insertStatement = `
  insert into referrer_filters (provider_id, application_id, value, created_at, updated_at)
  values ($1, $2, $3, $4, $4)
  returning ${columns}`;

export async function insertReferrerFilter(
  tx: Transaction,
  providerId: number,
  { applicationId, value }: Pick<ReferrerFilter, "applicationId" | "value">,
  now: Date,
): Promise<ReferrerFilter> {
  const [inserted] = await tx.query<ReferrerFilter>(insertStatement, [providerId, applicationId, value, now]);
  if (!inserted) throw new Error("The new referrer filter was not returned.");
  return inserted;
}

const deleteStatement = `delete from referrer_filters where provider_id = $1 and application_id = $2 and id = $3`;

export async function deleteReferrerFilter(
  tx: Transaction,
  providerId: number,
  { applicationId, id }: Pick<ReferrerFilter, "applicationId" | "id">,
): Promise<void> {
  await tx.query(deleteStatement, [providerId, applicationId, id]);
}
