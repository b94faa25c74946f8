import type { Database, Transaction } from "#platform/database/database.ts";

import type { FieldsDefinition } from "./fields-definition.ts";

const readStatement = `
  select id, target, name, label, required, hidden, read_only as "readOnly", choices, position,
    created_at as "createdAt", updated_at as "updatedAt"
  from fields_definitions
  where provider_id = $1
  order by target, position, id`;

/** All definitions of a provider, those of one target in the order of their positions. */
export const readFieldsDefinitions = (db: Database, providerId: number): Promise<FieldsDefinition[]> =>
  db.query<FieldsDefinition>(readStatement, [providerId]);

const insertStandardStatement = `
  insert into fields_definitions (provider_id, target, name, label, required, position, created_at, updated_at)
  values ($1, 'Account', 'org_name', 'Organization/Group Name', true, 1, $2, $2),
    ($1, 'User', 'username', 'Username', true, 1, $2, $2),
    ($1, 'User', 'email', 'Email', true, 2, $2, $2),
    ($1, 'Cinstance', 'name', 'Name', true, 1, $2, $2),
    ($1, 'Cinstance', 'description', 'Description', false, 2, $2, $2)`;

/** The fields that every provider starts with. */
export async function insertStandardFields(tx: Transaction, providerId: number, now: Date): Promise<void> {
  await tx.query(insertStandardStatement, [providerId, now]);
}
