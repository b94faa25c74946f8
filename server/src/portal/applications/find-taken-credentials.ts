import type { Database } from "#platform/database/database.ts";
import { takenErrors, type FieldErrors } from "#portal/fields/index.ts";

import type { Application } from "./application.ts";

// Served by applications_user_key_idx and applications_application_id_idx.
const statement = `
  select
    exists (select from applications
      where provider_id = $1 and user_key = $3 and product_id = $2 and id <> $5) as "userKey",
    exists (select from applications
      where provider_id = $1 and application_id = $4 and product_id = $2 and id <> $5) as "applicationId"`;

/** What of an application's credentials another application of the product already has. */
export async function findTakenCredentials(
  db: Database,
  providerId: number,
  { id, product, userKey, applicationId }: Application,
): Promise<FieldErrors> {
  const values = [providerId, product.id, userKey, applicationId, id];
  const [taken] = await db.query<{ userKey: boolean; applicationId: boolean }>(statement, values);
  return { user_key: takenErrors(taken?.userKey), application_id: takenErrors(taken?.applicationId) };
}
