import { Type } from "typebox";
import {
  type ChangeContext,
  changedFields,
  isInProductScope,
  lockLimit,
  notifyCallersChanged,
  type ProductScope,
  recordAudit,
  requireWithinLimit,
} from "#access/index.ts";
import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import {
  assignments,
  insertColumns,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "#platform/database/field-table.ts";
import { type Json, type Node, record, value } from "#platform/document.ts";
import { parseRowId } from "#platform/ids.ts";
import { countLimits, textLimits } from "#platform/limits.ts";
import { isXmlText } from "#platform/xml.ts";
import {
  type FieldErrors,
  type FieldInput,
  type ObjectInput,
  hasNoErrors,
  mergeErrors,
  type Parsed,
  parseBoolean,
  parseNullableText,
  parseRequest,
  parseRequiredText,
  plainText,
  type SettableTable,
  takenErrors,
} from "#portal/fields/index.ts";
import { type Provider, writeTimestamp, writeTimestampWithSpaces } from "#portal/providers/index.ts";
import { insertNamed, parseNewSystemName } from "./change-product.ts";
import { lockProductForShare } from "./product.ts";
import { parseSpecification, shapeErrors, type ValidateSpecification, versionOf } from "./specification-document.ts";

/** A document that describes an API for the readers of the portals: 3scale's ActiveDocs. */
export interface ApiSpecification {
  readonly id: number;
  /** Null for a specification that belongs to no product. */
  readonly productId: number | null;
  readonly name: string;
  readonly systemName: string;
  readonly description: string | null;
  /** True shows it in the Developer Portal. */
  readonly published: boolean;
  /** True accepts any JSON. */
  readonly skipSwaggerValidations: boolean;
  /** JSON as it was sent. */
  readonly body: string;
  /** The version of its format, such as `3.0`. `1.0` if the body states none, as in 3scale. */
  readonly version: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const blank = "can't be blank";

/** Keeps white space at both ends: a body is a file. */
export function parseBody(values: FieldInput, name: string): Parsed<string> {
  const sent = values[name];
  const wrong = (message: string) => ({ value: undefined, wrong: [message] });
  if (sent === undefined) return { value: undefined, wrong: [] };
  if (sent === null) return wrong(blank);
  if (typeof sent !== "string") return wrong("is invalid");
  if (sent.trim() === "") return wrong(blank);
  const { max } = textLimits.specification;
  if (Buffer.byteLength(sent) > max) return wrong(`is too long (maximum is ${max} bytes)`);
  return isXmlText(sent) ? { value: sent, wrong: [] } : wrong("contains characters that are not allowed");
}

const stored = { insert: true, update: true } as const;

/** Statements and requests derive from these rows. */
export const apiSpecificationFields = {
  id: {},
  productId: {
    ...stored,
    set: { name: "service_id", schema: Type.Integer({ description: "The service that it describes. Empty: none." }) },
  },
  name: { ...stored, set: { schema: Type.String(), required: true, parse: parseRequiredText } },
  systemName: {
    insert: true,
    set: { schema: Type.String({ description: "Made from the name if absent. Cannot be changed later." }), once: true },
  },
  description: { ...stored, set: { schema: Type.String(), parse: parseNullableText(textLimits.field.max) } },
  published: {
    ...stored,
    set: { schema: Type.Boolean({ description: "Shows it in the Developer Portal." }), parse: parseBoolean },
  },
  skipSwaggerValidations: {
    ...stored,
    set: { schema: Type.Boolean({ description: "Accepts any JSON as `body`." }), parse: parseBoolean },
  },
  body: {
    ...stored,
    set: {
      schema: Type.String({ description: "The specification: JSON in OpenAPI 3 or Swagger 2.0, up to 1 MiB." }),
      required: true,
      parse: parseBody,
    },
  },
  version: stored,
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<ApiSpecification>;

const columns = selectList(apiSpecificationFields);

/** A specification without its body. */
export type ListedSpecification = Omit<ApiSpecification, "body">;

const listedColumns = `
  id, product_id, name, system_name, description, published, skip_swagger_validations, version, created_at, updated_at`;

// By the primary key. There are no more than a provider may have.
const listStatement = `
  select ${listedColumns}
  from api_specifications
  where provider_id = $1 and ($2::bigint[] is null or product_id is null or product_id = any($2))
  order by id`;

/** Lists the specifications within a product scope and those of no product, oldest first. */
export const listSpecifications = (
  db: Database,
  providerId: number,
  productScope: ProductScope,
): Promise<ListedSpecification[]> => db.query<ListedSpecification>(listStatement, [providerId, productScope]);

const readStatement = `select ${columns} from api_specifications where provider_id = $1 and id = any($2) order by id`;

/** Reads specifications with their bodies, oldest first. */
export const readSpecifications = (
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<ApiSpecification[]> => db.query<ApiSpecification>(readStatement, [providerId, ids]);

interface SpecificationReference {
  readonly providerId: number;
  readonly id: number;
  readonly productScope: ProductScope;
}

const isVisible = ({ productId }: ListedSpecification, productScope: ProductScope): boolean =>
  productId === null || isInProductScope(productScope, productId);

/** Returns undefined if there is no such specification, or if it belongs to a product beyond the scope. */
export async function readSpecification(
  db: Database,
  { providerId, id, productScope }: SpecificationReference,
): Promise<ApiSpecification | undefined> {
  const [specification] = await readSpecifications(db, providerId, [id]);
  return specification && isVisible(specification, productScope) ? specification : undefined;
}

// Ids are numbers and system names are not only digits, unless somebody chose one so: then the id wins, as in 3scale.
const readPublishedStatement = `
  select ${columns}
  from api_specifications
  where provider_id = $1 and published and (id = $2::bigint or system_name = $3)
  order by id = $2::bigint desc nulls last
  limit 1`;

/** Returns a specification that developers may see, by its id or system name. */
export async function readPublishedSpecification(
  db: Database,
  providerId: number,
  name: string,
): Promise<ApiSpecification | undefined> {
  const id = parseRowId(name) ?? null;
  const [specification] = await db.query<ApiSpecification>(readPublishedStatement, [providerId, id, name]);
  return specification;
}

// By the primary key. There are no more than a provider may have, and their bodies are not read.
const listPublishedStatement = `
  select ${listedColumns} from api_specifications where provider_id = $1 and published order by name, id`;

/** Lists the specifications that developers may see, by name. */
export const listPublishedSpecifications = (db: Database, providerId: number): Promise<ListedSpecification[]> =>
  db.query<ListedSpecification>(listPublishedStatement, [providerId]);

const hasPublishedStatement = `
  select exists (select from api_specifications where provider_id = $1 and published) as "hasPublished"`;

/** Returns whether developers may see any specification. */
export const hasPublishedSpecifications = async (db: Database, providerId: number): Promise<boolean> =>
  (await queryRow<{ hasPublished: boolean }>(db, hasPublishedStatement, [providerId])).hasPublished;

/** The parts of a change that need the product and the document. */
interface SpecificationChange extends ObjectInput {
  readonly validate: ValidateSpecification;
}

type SpecificationOutcome =
  | { readonly specification: ApiSpecification }
  | { readonly refused: FieldErrors }
  /** The service does not exist, or is beyond the caller's product scope. */
  | "no such service";

/** Returns undefined for an absent id, null for none, and 0, which no product has, for what cannot be an id. */
function parseProductId(values: FieldInput): number | null | undefined {
  const text = plainText(values["service_id"])?.trim();
  if (text === undefined) return undefined;
  return text === "" ? null : (parseRowId(text) ?? 0);
}

const isInScope = (productId: number | null | undefined, { productScope }: ChangeContext): boolean =>
  productId === null || productId === undefined || isInProductScope(productScope, productId);

type SetProperties = Partial<Omit<ApiSpecification, "id" | "systemName" | "createdAt" | "updatedAt">>;

/** Parses the properties that a request sets, except the system name. */
function parseChange(values: FieldInput, now: Date): { readonly changes: SetProperties; readonly errors: FieldErrors } {
  const { changes, errors } = parseRequest<ApiSpecification>(apiSpecificationFields, {
    values,
    writer: "program",
    now,
  });
  const productId = parseProductId(values);
  return { changes: { ...changes, ...(productId === undefined ? {} : { productId }) }, errors };
}

interface CheckedBody extends Pick<ApiSpecification, "body" | "skipSwaggerValidations"> {}

/** Returns the errors of a body. Runs before the transaction, because it may take seconds. */
async function bodyErrors(
  { body, skipSwaggerValidations }: CheckedBody,
  { providerId, validate }: SpecificationChange,
): Promise<FieldErrors> {
  const shape = shapeErrors(body);
  if (shape.length > 0) return { body: shape };
  const document = parseSpecification(body);
  if (document === undefined) return { body: ["Invalid JSON"] };
  return skipSwaggerValidations ? {} : { body: await validate(providerId, body, document) };
}

const versionOfBody = (body: string): string => versionOf(parseSpecification(body));

// Of long texts, PostgreSQL stores the size, so that no body is read.
const bytesOfOthersStatement = `
  select coalesce(sum(octet_length(body)), 0)::float8 as bytes
  from api_specifications
  where provider_id = $1 and id <> $2`;

/** Returns an error if a new or longer body is too long together with all others of the provider. */
async function sizeErrors(
  tx: Transaction,
  providerId: number,
  { id, body, before = "" }: { readonly id: number; readonly body: string; readonly before?: string },
): Promise<FieldErrors> {
  const bytes = Buffer.byteLength(body);
  if (bytes <= Buffer.byteLength(before)) return {};
  lockLimit(tx, textLimits.specifications, { providerId });
  const others = await queryRow<{ bytes: number }>(tx, bytesOfOthersStatement, [providerId, id]);
  return totalSizeErrors(others.bytes + bytes);
}

export function totalSizeErrors(bytes: number): FieldErrors {
  const { max } = textLimits.specifications;
  return bytes > max
    ? { base: [`The bodies of all specifications are too long together (maximum is ${max} bytes)`] }
    : {};
}

const insertStatement = `
  insert into api_specifications (provider_id, created_at, updated_at, ${insertColumns(apiSpecificationFields)})
  values ($1, $2, $2, ${insertParameters(apiSpecificationFields, 3)})
  on conflict do nothing
  returning ${columns}`;

type NewSpecification = Omit<ApiSpecification, "id" | "createdAt" | "updatedAt">;

async function insertSpecification(tx: Transaction, providerId: number, specification: NewSpecification, now: Date) {
  const row = [providerId, now, ...insertValues(apiSpecificationFields, specification)];
  const [inserted] = await tx.query<ApiSpecification>(insertStatement, row);
  return inserted;
}

/** Creates a specification, hidden unless the values publish it. */
export async function createSpecification(pool: Pool, creation: SpecificationChange): Promise<SpecificationOutcome> {
  const { providerId, values, by } = creation;
  const { changes, errors } = parseChange({ name: "", body: "", ...values }, by.now);
  if (!isInScope(changes.productId, by)) return "no such service";
  const named = parseNewSystemName(values, "api_docs_service", changes.name ?? "", by);
  const unchecked = { name: "", body: "", description: null, productId: null, version: "", ...changes };
  const specification = { published: false, skipSwaggerValidations: false, ...unchecked };
  const refused = mergeErrors(
    errors,
    { system_name: named.wrong },
    changes.body === undefined ? {} : await bodyErrors(specification, creation),
  );
  if (!hasNoErrors(refused)) return { refused };

  const complete = { ...specification, version: versionOfBody(specification.body) };
  const { productId } = complete;
  return pool.inTransaction(async (tx) => {
    await requireWithinLimit(tx, countLimits.apiSpecifications, { providerId }); // before the locks of rows
    if (productId !== null && !(await lockProductForShare(tx, providerId, productId))) return "no such service";
    const tooLong = await sizeErrors(tx, providerId, { id: 0, body: complete.body });
    if (!hasNoErrors(tooLong)) return { refused: tooLong };
    const inserted = await insertNamed(named, (systemName) =>
      insertSpecification(tx, providerId, { ...complete, systemName }, by.now),
    );
    if (!inserted) return { refused: { system_name: takenErrors(true) } };
    await recordChange(tx, { providerId, by, action: "created", specification: inserted });
    return { specification: inserted };
  });
}

interface RecordedChange {
  readonly providerId: number;
  readonly by: ChangeContext;
  readonly action: "created" | "changed" | "deleted";
  readonly specification: ListedSpecification;
  readonly changed?: readonly string[];
}

/** Makes Developer Portals read again whether they have documentation, and writes an audit record. */
function recordChange(
  tx: Transaction,
  { providerId, by: { actor }, action, specification: { id, name, systemName, productId }, changed }: RecordedChange,
): Promise<void> {
  notifyCallersChanged(tx, providerId);
  const detail = changed ? { changed } : { name, systemName, productId };
  return recordAudit(tx, {
    providerId,
    actor,
    action: `api_specification.${action}`,
    subject: `api_specification/${id}`,
    detail,
  });
}

// No other change of the specification can commit until the transaction ends.
const lockStatement = `${readStatement} for no key update`;

const updateStatement = `
  update api_specifications
  set ${assignments(apiSpecificationFields, 4)}, updated_at = $3
  where provider_id = $1 and id = $2
  returning ${columns}`;

type Update = SpecificationChange & { readonly id: number };

/** Changes a specification. Returns undefined if the caller may see no such specification. */
export async function updateSpecification(pool: Pool, update: Update): Promise<SpecificationOutcome | undefined> {
  const { providerId, id, values, by } = update;
  const { productScope = null } = by;
  const read = await readSpecification(pool, { providerId, id, productScope });
  if (!read) return undefined;
  const { changes, errors } = parseChange(values, by.now);
  if (!isInScope(changes.productId, by)) return "no such service";
  const checked = { ...read, ...changes };
  const refused = mergeErrors(errors, needsCheck(read, checked) ? await bodyErrors(checked, update) : {});
  if (!hasNoErrors(refused)) return { refused };
  const outcome = await pool.inTransaction((tx) => writeUpdate(tx, update, { changes, checked }));
  return outcome === "changed meanwhile" ? updateSpecification(pool, update) : outcome;
}

const needsCheck = (before: CheckedBody, after: CheckedBody): boolean =>
  before.body !== after.body || before.skipSwaggerValidations !== after.skipSwaggerValidations;

async function writeUpdate(
  tx: Transaction,
  { providerId, id, by }: Update,
  { changes, checked }: { readonly changes: SetProperties; readonly checked: CheckedBody },
): Promise<SpecificationOutcome | undefined | "changed meanwhile"> {
  const { productId } = changes;
  // Before the specification: a deletion of the product locks it first, too.
  if (productId && !(await lockProductForShare(tx, providerId, productId))) return "no such service";
  const [before] = await tx.query<ApiSpecification>(lockStatement, [providerId, [id]]);
  if (!before || !isVisible(before, by.productScope ?? null)) return undefined;
  const merged = { ...before, ...changes };
  if (needsCheck(checked, merged)) return "changed meanwhile";
  const version = before.body === merged.body ? before.version : versionOfBody(merged.body);
  const updated = { ...merged, version };
  const changed = changedFields(before, updated).filter((name) => name !== "version");
  if (changed.length === 0) return { specification: before };
  const tooLong = await sizeErrors(tx, providerId, { id, body: updated.body, before: before.body });
  if (!hasNoErrors(tooLong)) return { refused: tooLong };
  const row = [providerId, id, by.now, ...updateValues(apiSpecificationFields, updated)];
  const [specification] = await tx.query<ApiSpecification>(updateStatement, row);
  if (!specification) throw new Error(`Specification ${id} was gone although it was locked.`);
  await recordChange(tx, { providerId, by, action: "changed", specification, changed });
  return { specification };
}

const deleteStatement = `
  delete from api_specifications
  where provider_id = $1 and id = $2 and ($3::bigint[] is null or product_id is null or product_id = any($3))
  returning ${listedColumns}`;

/** Returns undefined if the caller may see no such specification. */
export async function deleteSpecification(
  pool: Pool,
  { providerId, id, by }: { readonly providerId: number; readonly id: number; readonly by: ChangeContext },
): Promise<{ readonly specification: ListedSpecification } | undefined> {
  return pool.inTransaction(async (tx) => {
    const values = [providerId, id, by.productScope ?? null];
    const [specification] = await tx.query<ListedSpecification>(deleteStatement, values);
    if (!specification) return undefined;
    await recordChange(tx, { providerId, by, action: "deleted", specification });
    return { specification };
  });
}

/** Represents a specification as XML. 3scale leaves its product out there. */
export const representSpecification = (specification: ApiSpecification, { timeZone }: Provider): Node =>
  record("api_doc", [
    value("id", specification.id),
    value("system_name", specification.systemName),
    value("name", specification.name),
    value("description", specification.description),
    value("published", specification.published),
    value("body", specification.body),
    value("created_at", writeTimestampWithSpaces(specification.createdAt, timeZone)),
    value("updated_at", writeTimestampWithSpaces(specification.updatedAt, timeZone)),
  ]);

/** Represents a specification as JSON, without nulls. */
export function specificationToJson(specification: ApiSpecification, { timeZone }: Provider): Json {
  const { id, systemName, name, description, published, skipSwaggerValidations, body, productId } = specification;
  return {
    api_doc: {
      id,
      system_name: systemName,
      name,
      ...(description === null ? {} : { description }),
      published,
      skip_swagger_validations: skipSwaggerValidations,
      body,
      ...(productId === null ? {} : { service_id: productId }),
      created_at: writeTimestamp(specification.createdAt, timeZone),
      updated_at: writeTimestamp(specification.updatedAt, timeZone),
    },
  };
}
