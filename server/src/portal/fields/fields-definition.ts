import { LRUCache } from "lru-cache";
import type { Database, Transaction } from "#platform/database/database.ts";
import type { Json, Node } from "#platform/document.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";

/** The object that a field belongs to. `Cinstance` is 3scale's name for an application. */
export type FieldTarget = "Account" | "User" | "Cinstance";

/** A field that the provider defined for its accounts, users or applications. */
export interface FieldsDefinition {
  readonly id: number;
  readonly target: FieldTarget;
  readonly name: string;
  readonly label: string;
  readonly required: boolean;
  readonly hidden: boolean;
  readonly readOnly: boolean;
  readonly choices: readonly string[];
  readonly position: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const definitionColumns = `id, target, name, label, required, hidden, read_only, choices, position,
  created_at as "createdAt", updated_at as "updatedAt"`;

const listDefinitionsStatement = `select ${definitionColumns} from fields_definitions where provider_id = $1 order by target, position, id`;

/** Returns the provider's definitions by target, in the order of their positions. */
export const readFieldsDefinitions = (db: Database, providerId: number): Promise<FieldsDefinition[]> =>
  db.query<FieldsDefinition>(listDefinitionsStatement, [providerId]);

const listVersionedDefinitionsStatement = `
  select ${definitionColumns}, (select configuration_version from providers where id = $1) as version
  from fields_definitions
  where provider_id = $1
  order by target, position, id`;

/**
 * Returns the definitions with the version of the provider's configuration. The version is undefined if there are no
 * definitions.
 */
async function readVersionedDefinitions(
  db: Database,
  providerId: number,
): Promise<{ readonly version: string | undefined; readonly definitions: readonly FieldsDefinition[] }> {
  const rows = await db.query<FieldsDefinition & { version: string }>(listVersionedDefinitionsStatement, [providerId]);
  const versioned = rows.map(({ version, ...definition }) => ({ version, definition }));
  return { version: versioned[0]?.version, definitions: versioned.map(({ definition }) => definition) };
}

const readDefinitionStatement = `select ${definitionColumns} from fields_definitions where provider_id = $1 and id = $2`;

export async function readFieldsDefinition(
  db: Database,
  providerId: number,
  id: number,
): Promise<FieldsDefinition | undefined> {
  const [definition] = await db.query<FieldsDefinition>(readDefinitionStatement, [providerId, id]);
  return definition;
}

// Locks all definitions until the transaction ends, because any change may reorder them.
const lockDefinitionsStatement = `${listDefinitionsStatement} for update`;

export const lockFieldsDefinitions = (tx: Transaction, providerId: number): Promise<FieldsDefinition[]> =>
  tx.query<FieldsDefinition>(lockDefinitionsStatement, [providerId]);

// If two requests take one name at once, the second waits for the first to commit and then inserts nothing.
const insertDefinitionStatement = `
  insert into fields_definitions (provider_id, target, name, label, required, hidden, read_only, choices, position,
    created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
  on conflict do nothing
  returning ${definitionColumns}`;

export type NewFieldsDefinition = Omit<FieldsDefinition, "id" | "createdAt" | "updatedAt">;

/** Returns the new definition, or undefined if another of the target has its name. */
export async function insertFieldsDefinition(
  tx: Transaction,
  providerId: number,
  definition: NewFieldsDefinition,
  now: Date,
): Promise<FieldsDefinition | undefined> {
  const { target, name, label, required, hidden, readOnly, choices, position } = definition;
  const values = [providerId, target, name, label, required, hidden, readOnly, choices, position, now];
  const [inserted] = await tx.query<FieldsDefinition>(insertDefinitionStatement, values);
  return inserted;
}

const updateDefinitionStatement = `
  update fields_definitions
  set label = $3, required = $4, hidden = $5, read_only = $6, choices = $7, updated_at = $8
  where provider_id = $1 and id = $2`;

/** Writes a locked definition, except its position. */
export async function updateFieldsDefinitionRow(
  tx: Transaction,
  providerId: number,
  { id, label, required, hidden, readOnly, choices }: FieldsDefinition,
  now: Date,
): Promise<void> {
  await tx.query(updateDefinitionStatement, [providerId, id, label, required, hidden, readOnly, choices, now]);
}

const orderDefinitionsStatement = `
  update fields_definitions as definition
  set position = ordered.position
  from unnest($2::bigint[]) with ordinality as ordered (id, position)
  where definition.provider_id = $1 and definition.id = ordered.id`;

/** Numbers the definitions of one target from 1. */
export async function orderFieldsDefinitions(
  tx: Transaction,
  providerId: number,
  ids: readonly number[],
): Promise<void> {
  await tx.query(orderDefinitionsStatement, [providerId, ids]);
}

const deleteDefinitionStatement = `delete from fields_definitions where provider_id = $1 and id = $2`;

export async function deleteFieldsDefinitionRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(deleteDefinitionStatement, [providerId, id]);
}

const insertStandardFieldsStatement = `
  insert into fields_definitions (provider_id, target, name, label, required, position, created_at, updated_at)
  values ($1, 'Account', 'org_name', 'Organization/Group Name', true, 1, $2, $2),
    ($1, 'User', 'username', 'Username', true, 1, $2, $2),
    ($1, 'User', 'email', 'Email', true, 2, $2, $2),
    ($1, 'Cinstance', 'name', 'Name', true, 1, $2, $2),
    ($1, 'Cinstance', 'description', 'Description', false, 2, $2, $2)`;

/** Inserts the fields that every provider starts with. */
export async function insertStandardFields(tx: Transaction, providerId: number, now: Date): Promise<void> {
  await tx.query(insertStandardFieldsStatement, [providerId, now]);
}

/** The provider's properties that determine its documents: time zone, state, and defined fields. */
export interface DocumentSettings {
  readonly provider: Provider;
  readonly definitions: readonly FieldsDefinition[];
  /** Undefined for documents that are represented once. */
  readonly nodes?: DocumentNodes;
}

interface DocumentNodes {
  /** A cached plan is one object in all its accounts, so their documents share one node. */
  readonly plans: WeakMap<object, Node>;
  /** Reading an account again makes a new object, so an entry lives as long as one request. */
  readonly accounts: WeakMap<object, { readonly settings: DocumentSettings; readonly node: Node }>;
}

const documentNodes = (): DocumentNodes => ({ plans: new WeakMap(), accounts: new WeakMap() });

export const readDocumentSettings = async (db: Database, provider: Provider): Promise<DocumentSettings> => ({
  provider,
  definitions: await readFieldsDefinitions(db, provider.id),
});

// A version identifies one immutable configuration, so cached definitions are never stale. Callers read the version
// together with the data that they need the definitions for. A few kilobytes per version.
const definitionsByVersion = () => new LRUCache<string, readonly FieldsDefinition[]>({ max: 1000 });

/** Returns the document settings for a known version of the provider's configuration, from the cache if possible. */
export async function readCachedDocumentSettings(
  db: Database,
  provider: Provider,
  configurationVersion: string,
): Promise<DocumentSettings> {
  const nodes = db.caches.get(documentNodes);
  const cached = db.caches.get(definitionsByVersion);
  const known = cached.get(configurationVersion);
  if (known) return { provider, definitions: known, nodes };
  const { version, definitions } = await readVersionedDefinitions(db, provider.id); // may be a later version
  if (version !== undefined) cached.set(version, definitions);
  return { provider, definitions, nodes };
}

/** Represents a fields definition as JSON. The API has no XML for it. */
export const definitionToJson = (definition: FieldsDefinition, { timeZone }: Provider): Json => ({
  fields_definition: {
    id: definition.id,
    target: definition.target,
    name: definition.name,
    label: definition.label,
    required: definition.required,
    hidden: definition.hidden,
    read_only: definition.readOnly,
    choices: definition.choices,
    position: definition.position,
    created_at: writeTimestamp(definition.createdAt, timeZone),
    updated_at: writeTimestamp(definition.updatedAt, timeZone),
  },
});
