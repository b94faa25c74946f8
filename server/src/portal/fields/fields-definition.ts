import { LRUCache } from "lru-cache";
import { type ChangeContext, changedFields, recordAudit, requireWithinLimit } from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import type { Json, Node } from "#platform/document.ts";
import { countLimits, textLimits } from "#platform/limits.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import {
  isBillingAddress,
  isBuiltIn,
  isPermanent,
  isRate,
  errorsOf,
  type FieldErrors,
  type FieldInput,
  hasNoErrors,
  mergeErrors,
  parseBoolean,
  parseRequiredText,
} from "./field-values.ts";
import type { ObjectInput } from "./field-input.ts";

const targets = ["Account", "User", "Cinstance"] as const;

/** The object that a field belongs to. `Cinstance` is 3scale's name for an application. */
export type FieldTarget = (typeof targets)[number];

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

// Locks all definitions until the transaction ends, because any change may reorder them. By id, because positions change.
const lockDefinitionsStatement = `select from fields_definitions where provider_id = $1 order by id for update`;

/** Locks the provider's definitions, and returns them in the order that they have by then. */
function lockFieldsDefinitions(tx: Transaction, providerId: number): Promise<FieldsDefinition[]> {
  tx.send(lockDefinitionsStatement, [providerId]);
  return readFieldsDefinitions(tx, providerId);
}

// If two requests take one name at once, the second waits for the first to commit and then inserts nothing.
const insertDefinitionStatement = `
  insert into fields_definitions (provider_id, target, name, label, required, hidden, read_only, choices, position,
    created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
  on conflict do nothing
  returning ${definitionColumns}`;

export type NewFieldsDefinition = Omit<FieldsDefinition, "id" | "createdAt" | "updatedAt">;

/** Returns the new definition, or undefined if another of the target has its name. */
async function insertFieldsDefinition(
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

// Numbers the definitions of one target from 1.
const orderDefinitionsStatement = `
  update fields_definitions as definition
  set position = ordered.position
  from unnest($2::bigint[]) with ordinality as ordered (id, position)
  where definition.provider_id = $1 and definition.id = ordered.id`;

const deleteDefinitionStatement = `delete from fields_definitions where provider_id = $1 and id = $2`;

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

type DefinitionOutcome = { readonly definition: FieldsDefinition } | { readonly refused: FieldErrors };

/** Creates a definition, after the others of its target. */
export async function createFieldsDefinition(
  pool: Pool,
  { providerId, values, by }: ObjectInput,
): Promise<DefinitionOutcome> {
  const { definition: newDefinition, errors } = parseNewDefinition(values);
  if (!hasNoErrors(errors)) return { refused: errors };
  return pool.inTransaction(async (tx) => {
    await requireWithinLimit(tx, countLimits.fieldsDefinitions, { providerId });
    const all = await lockFieldsDefinitions(tx, providerId);
    const refused = addedChoicesErrors(all, newDefinition);
    if (!hasNoErrors(refused)) return { refused };
    const others = all.filter(({ target }) => target === newDefinition.target);
    const position = Math.max(0, ...others.map((other) => other.position)) + 1;
    const definition = await insertFieldsDefinition(tx, providerId, { ...newDefinition, position }, by.now);
    if (!definition) return { refused: { name: ["has already been taken"] } };
    await auditDefinition(tx, { providerId, definition, by, action: "created" });
    return { definition };
  });
}

/**
 * Changes a definition, or its position among those of its target. Returns undefined if there is no such definition.
 */
export async function updateFieldsDefinition(
  pool: Pool,
  { providerId, id, values, by }: ObjectInput & { readonly id: number },
): Promise<DefinitionOutcome | undefined> {
  return pool.inTransaction(async (tx) => {
    const all = await lockFieldsDefinitions(tx, providerId);
    const before = all.find((definition) => definition.id === id);
    if (!before) return undefined;
    const { definition: updated, errors } = parseDefinition(before, values);
    const refused = mergeErrors(errors, addedChoicesErrors(all, updated, before));
    if (!hasNoErrors(refused)) return { refused };
    const ofTarget = all.filter(({ target }) => target === before.target);
    const order = movedTo(Number(values["position"]), before, ofTarget);
    const isMoved = order.some(({ position }, index) => position !== index + 1);
    if (!isMoved && changedFields(before, updated).length === 0) return { definition: before };
    const { label, required, hidden, readOnly, choices } = updated;
    const row = [providerId, id, label, required, hidden, readOnly, choices, by.now];
    await tx.query(updateDefinitionStatement, row);
    if (isMoved) await tx.query(orderDefinitionsStatement, [providerId, order.map((each) => each.id)]);
    const definition = await readFieldsDefinition(tx, providerId, id);
    if (!definition) return undefined;
    const changed = changedFields({ ...before, updatedAt: by.now }, { ...definition, updatedAt: by.now });
    if (changed.length > 0) await auditDefinition(tx, { providerId, definition, by, action: "changed", changed });
    return { definition };
  });
}

/**
 * Returns the definitions of a target with one moved to a position, counted from 1. A value that is not a number moves
 * nothing: it returns none.
 */
function movedTo(
  position: number,
  moved: FieldsDefinition,
  definitions: readonly FieldsDefinition[],
): readonly FieldsDefinition[] {
  if (!Number.isInteger(position) || position < 1) return [];
  return definitions.filter(({ id }) => id !== moved.id).toSpliced(position - 1, 0, moved);
}

/**
 * Deletes a definition. Stored values stay, but documents no longer show them. Returns undefined if there is no such
 * definition.
 */
export async function deleteFieldsDefinition(
  pool: Pool,
  { providerId, id, by }: { readonly providerId: number; readonly id: number; readonly by: ChangeContext },
): Promise<{ readonly definition: FieldsDefinition } | { readonly notAllowed: "always there" } | undefined> {
  return pool.inTransaction(async (tx) => {
    const definition = (await lockFieldsDefinitions(tx, providerId)).find((candidate) => candidate.id === id);
    if (!definition) return undefined;
    if (isPermanent(definition.target, definition.name)) return { notAllowed: "always there" };
    await tx.query(deleteDefinitionStatement, [providerId, id]);
    await auditDefinition(tx, { providerId, definition, by, action: "deleted" });
    return { definition };
  });
}

interface DefinitionAudit {
  readonly providerId: number;
  readonly definition: FieldsDefinition;
  readonly by: ChangeContext;
  readonly action: "created" | "changed" | "deleted";
  readonly changed?: readonly string[];
}

/** Records an audit record, because definitions have no events. */
function auditDefinition(
  tx: Transaction,
  { providerId, definition, by, action, changed }: DefinitionAudit,
): Promise<void> {
  const { id, target, name } = definition;
  const auditRecord = { action: `fields-definition.${action}`, subject: `fields-definition/${id}` };
  return recordAudit(tx, { providerId, actor: by.actor, ...auditRecord, detail: { target, name, changed } });
}

type ParsedDefinition<T> = { readonly definition: T; readonly errors: FieldErrors };

const definitionName = /^[A-Za-z][A-Za-z0-9_-]*$/;
const nameLengthMax = 255;

/** Parses a new definition and returns all errors. */
export function parseNewDefinition(input: FieldInput): ParsedDefinition<NewFieldsDefinition> {
  const target = parseTarget(input["target"]);
  const name = typeof input["name"] === "string" ? input["name"].trim() : "";
  const blank = { label: "", required: false, hidden: false, readOnly: false, choices: [], position: 0 };
  const { definition, errors } = parseDefinition(
    { ...blank, target: target ?? "Account", name },
    { label: "", ...input },
  );
  return {
    definition,
    errors: mergeErrors(errors, {
      target: target === undefined ? [input["target"] ? "is not included in the list" : "can't be blank"] : [],
      name: definitionNameErrors(target ?? "Account", name),
    }),
  };
}

/** Parses an input into the changed definition and returns all errors. Target and name stay unchanged. */
export function parseDefinition<T extends NewFieldsDefinition>(before: T, input: FieldInput): ParsedDefinition<T> {
  const read = {
    label: parseRequiredText(input, "label"),
    required: parseBoolean(input, "required"),
    hidden: parseBoolean(input, "hidden"),
    read_only: parseBoolean(input, "read_only"),
  };
  const choices = parseChoices(input["choices"]);
  const updated: T = {
    ...before,
    label: read.label.value ?? before.label,
    required: read.required.value ?? before.required,
    hidden: read.hidden.value ?? before.hidden,
    readOnly: read.read_only.value ?? before.readOnly,
    choices: choices ?? before.choices,
  };
  const { target, name } = before;
  const definition = isPermanent(target, name)
    ? { ...updated, required: true, hidden: false, readOnly: false }
    : updated;
  return { definition, errors: mergeErrors(errorsOf(read), contradictionErrors(definition)) };
}

const isList = (input: unknown): input is readonly unknown[] => Array.isArray(input);

/** Parses choices: a list, a text separated by commas, or a single number. */
function parseChoices(input: unknown): readonly string[] | undefined {
  if (input === undefined) return undefined;
  const items = isList(input) ? input : typeof input === "string" ? input.split(",") : [input];
  const texts = items.map((choice) => (typeof choice === "string" || typeof choice === "number" ? String(choice) : ""));
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ""))];
}

const parseTarget = (input: unknown): FieldTarget | undefined => targets.find((target) => target === input);

function contradictionErrors({ target, name, required, hidden, readOnly, choices }: NewFieldsDefinition): FieldErrors {
  return {
    required: required && (hidden || readOnly) ? ["Fields cannot be required AND hidden/read_only"] : [],
    read_only: isBillingAddress(target, name) && !readOnly ? ["billing_address has to be read_only"] : [],
    choices:
      choices.length > 0 && !isText(target, name) ? ["are not allowed for this type of fields"] : choiceErrors(choices),
  };
}

const choiceErrors = (choices: readonly string[]): readonly string[] => [
  ...(choices.length > textLimits.choices.max ? [`are too many (maximum is ${textLimits.choices.max})`] : []),
  ...(choices.some((choice) => choice.length > nameLengthMax)
    ? [`has one that is too long (maximum is ${nameLengthMax} characters)`]
    : []),
];

type Choices = Pick<FieldsDefinition, "choices">;

export const allChoicesErrors = (count: number): FieldErrors =>
  count > textLimits.allChoices.max
    ? { choices: [`are too many (maximum is ${textLimits.allChoices.max} for all fields together)`] }
    : {};

/** Returns an error if a new or changed definition adds choices, and all definitions together have too many then. */
function addedChoicesErrors(
  all: readonly Choices[],
  { choices }: Choices,
  before: Choices = { choices: [] },
): FieldErrors {
  const added = choices.length - before.choices.length;
  return added > 0 ? allChoicesErrors(all.reduce((sum, each) => sum + each.choices.length, added)) : {};
}

const isText = (target: FieldTarget, name: string): boolean => !isRate(target, name) && !isBillingAddress(target, name);

function definitionNameErrors(target: FieldTarget, name: string): readonly string[] {
  if (name === "") return ["can't be blank"];
  if (name.length > nameLengthMax) return [`is too long (maximum is ${nameLengthMax} characters)`];
  if (!definitionName.test(name)) return ["Name should start with letters, and can contain numbers, - and _"];
  return !isBuiltIn(target, name) && isReservedName(target, name) ? ["Field name is not allowed"] : [];
}

// Names that objects or requests already use. A defined field with such a name would be mistaken for them.
const reservedEverywhere = `id state created_at updated_at fields extra_fields links type tenant_id access_token provider_key password
  password_confirmation current_password form_token`;

const reservedByTarget: Readonly<Record<FieldTarget, string>> = {
  Account: `name username email annotations plans users applications provider_account_id account_plan_id
    service_plan_id application_plan_id plan_id plan_ids deletion_date state_changed_at domain admin_domain subdomain
    from_email support_email site_access_code monthly_billing_enabled monthly_charging_enabled credit_card_stored
    credit_card_token credit_card_partial_number credit_card_expires_on billing_address_name billing_address_address1
    billing_address_address2 billing_address_city billing_address_country billing_address_state billing_address_zip
    billing_address_phone`,
  User: `account_id org_name role cas_identifier open_id activated_at activation_code annotations account_plan_id
    service_plan_id application_plan_id plan_ids additional_fields`,
  Cinstance: `account_id user_account_id service_id service_name plan_id plan_name org_name enabled user_key
    application_id app_id application_key key keys client_id client_secret provider_verification_key redirect_url
    referrer_filters oidc_configuration plan first_traffic_at first_daily_traffic_at create_origin accepted_at`,
};

// Every object of JavaScript has these: `values["constructor"]` is never undefined, here, in the Admin Portal and in clients.
const inherited = Object.getOwnPropertyNames(Object.prototype);

const reservedNamesOf = (target: FieldTarget): ReadonlySet<string> =>
  new Set([...inherited, ...`${reservedEverywhere} ${reservedByTarget[target]}`.split(/\s+/)]);

const reservedNames: Readonly<Record<FieldTarget, ReadonlySet<string>>> = {
  Account: reservedNamesOf("Account"),
  User: reservedNamesOf("User"),
  Cinstance: reservedNamesOf("Cinstance"),
};

/** Returns whether a name is already in use. */
const isReservedName = (target: FieldTarget, name: string): boolean => reservedNames[target].has(name);
