import type { Database, Transaction } from "#platform/database/database.ts";

import type { FieldsDefinition } from "./fields-definition.ts";

const columns = `id, target, name, label, required, hidden, read_only as "readOnly", choices, position,
  created_at as "createdAt", updated_at as "updatedAt"`;

const listStatement = `select ${columns} from fields_definitions where provider_id = $1 order by target, position, id`;

/** All definitions of a provider, those of one target in the order of their positions. */
export const readFieldsDefinitions = (db: Database, providerId: number): Promise<FieldsDefinition[]> =>
  db.query<FieldsDefinition>(listStatement, [providerId]);

const listVersionedStatement = `
  select ${columns}, (select configuration_version from providers where id = $1) as version
  from fields_definitions
  where provider_id = $1
  order by target, position, id`;

/** The same, and the version of the provider's configuration, if there are any. */
export async function readVersionedDefinitions(
  db: Database,
  providerId: number,
): Promise<{ readonly version: string | undefined; readonly definitions: readonly FieldsDefinition[] }> {
  const rows = await db.query<FieldsDefinition & { version: string }>(listVersionedStatement, [providerId]);
  const versioned = rows.map(({ version, ...definition }) => ({ version, definition }));
  return { version: versioned[0]?.version, definitions: versioned.map(({ definition }) => definition) };
}

const readStatement = `select ${columns} from fields_definitions where provider_id = $1 and id = $2`;

export async function readFieldsDefinition(
  db: Database,
  providerId: number,
  id: number,
): Promise<FieldsDefinition | undefined> {
  const [definition] = await db.query<FieldsDefinition>(readStatement, [providerId, id]);
  return definition;
}

// Locks them all until the transaction ends: one at a time changes the order.
const lockStatement = `${listStatement} for update`;

export const lockFieldsDefinitions = (tx: Transaction, providerId: number): Promise<FieldsDefinition[]> =>
  tx.query<FieldsDefinition>(lockStatement, [providerId]);

// Two that take one name at once: the second waits for the first to commit, and then inserts nothing.
const insertStatement = `
  insert into fields_definitions (provider_id, target, name, label, required, hidden, read_only, choices, position,
    created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
  on conflict do nothing
  returning ${columns}`;

export type NewFieldsDefinition = Omit<FieldsDefinition, "id" | "createdAt" | "updatedAt">;

/** The new definition, or undefined if another of the target has its name. */
export async function insertFieldsDefinition(
  tx: Transaction,
  providerId: number,
  definition: NewFieldsDefinition,
  now: Date,
): Promise<FieldsDefinition | undefined> {
  const { target, name, label, required, hidden, readOnly, choices, position } = definition;
  const values = [providerId, target, name, label, required, hidden, readOnly, choices, position, now];
  const [inserted] = await tx.query<FieldsDefinition>(insertStatement, values);
  return inserted;
}

const updateStatement = `
  update fields_definitions
  set label = $3, required = $4, hidden = $5, read_only = $6, choices = $7, updated_at = $8
  where provider_id = $1 and id = $2`;

/** Writes what can be changed of a locked definition, but its position. */
export async function updateFieldsDefinitionRow(
  tx: Transaction,
  providerId: number,
  { id, label, required, hidden, readOnly, choices }: FieldsDefinition,
  now: Date,
): Promise<void> {
  await tx.query(updateStatement, [providerId, id, label, required, hidden, readOnly, choices, now]);
}

const orderStatement = `
  update fields_definitions as definition
  set position = wanted.position
  from unnest($2::bigint[]) with ordinality as wanted (id, position)
  where definition.provider_id = $1 and definition.id = wanted.id`;

/** Numbers the definitions of one target from 1. */
export async function orderFieldsDefinitions(
  tx: Transaction,
  providerId: number,
  ids: readonly number[],
): Promise<void> {
  await tx.query(orderStatement, [providerId, ids]);
}

const deleteStatement = `delete from fields_definitions where provider_id = $1 and id = $2`;

export async function deleteFieldsDefinitionRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deleteStatement, [providerId, id]);
}

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
