import { isInProductScope, type ProductScope } from "#access/index.ts";
import {
  type Database,
  type ListPage,
  type ListStatements,
  type PageBounds,
  readListPage,
  type Transaction,
} from "#platform/database/database.ts";
import {
  assignments,
  insertColumns,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "#platform/database/field-table.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import { isXmlText } from "#platform/xml.ts";
import { type FieldErrors, takenErrors, textsOfAllErrors } from "#portal/fields/index.ts";
import { readPlans, readProducts } from "#portal/products/index.ts";
import { type Application, applicationFields, type ApplicationKey, type ApplicationRow, toRow } from "./application.ts";

const listKeysStatement = `
  select application_id, value, created_at, updated_at
  from application_keys
  where provider_id = $1 and application_id = any($2)
  order by application_id, created_at, value collate "C"`;

const insertKeyStatement = `
  insert into application_keys (provider_id, application_id, value, created_at, updated_at)
  values ($1, $2, $3, $4, $4)`;

export async function insertKey(
  tx: Transaction,
  providerId: number,
  applicationId: number,
  key: ApplicationKey,
): Promise<void> {
  await tx.query(insertKeyStatement, [providerId, applicationId, key.value, key.createdAt]);
}

const deleteKeyStatement = `delete from application_keys where provider_id = $1 and application_id = $2 and value = $3`;

export async function deleteKey(
  tx: Transaction,
  providerId: number,
  applicationId: number,
  value: string,
): Promise<void> {
  await tx.query(deleteKeyStatement, [providerId, applicationId, value]);
}

/** A host, or a pattern of hosts, from which an application's calls are allowed. */
export interface ReferrerFilter {
  readonly id: number;
  readonly applicationId: number;
  readonly value: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const filterColumns = `id, application_id as "applicationId", value, created_at, updated_at`;

const listFiltersStatement = `
  select ${filterColumns} from referrer_filters where provider_id = $1 and application_id = any($2) order by id`;

/** Lists the referrer filters of applications, oldest first. */
export const listReferrerFilters = (
  db: Database,
  providerId: number,
  applicationIds: readonly number[],
): Promise<ReferrerFilter[]> => db.query<ReferrerFilter>(listFiltersStatement, [providerId, applicationIds]);

const insertFilterStatement = `
  insert into referrer_filters (provider_id, application_id, value, created_at, updated_at)
  values ($1, $2, $3, $4, $4)
  returning ${filterColumns}`;

export async function insertReferrerFilter(
  tx: Transaction,
  providerId: number,
  { applicationId, value }: Pick<ReferrerFilter, "applicationId" | "value">,
  now: Date,
): Promise<ReferrerFilter> {
  const [inserted] = await tx.query<ReferrerFilter>(insertFilterStatement, [providerId, applicationId, value, now]);
  if (!inserted) throw new Error("The new referrer filter was not returned.");
  return inserted;
}

const deleteFilterStatement = `delete from referrer_filters where provider_id = $1 and application_id = $2 and id = $3`;

export async function deleteReferrerFilter(
  tx: Transaction,
  providerId: number,
  { applicationId, id }: Pick<ReferrerFilter, "applicationId" | "id">,
): Promise<void> {
  await tx.query(deleteFilterStatement, [providerId, applicationId, id]);
}

export async function readApplication(db: Database, providerId: number, id: number): Promise<Application | undefined> {
  const [application] = await readApplications(db, providerId, [id]);
  return application;
}

const readRowsStatement = `select ${selectList(applicationFields)} from applications where provider_id = $1 and id = any($2) order by id`;

export const readApplications = async (
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<Application[]> =>
  completeRows(db, providerId, await db.query<ApplicationRow>(readRowsStatement, [providerId, ids]));

// Served by applications_account_idx.
const listRowsStatement = `
  select ${selectList(applicationFields)}
  from applications
  where provider_id = $1 and account_id = $2 and ($3::bigint is null or product_id = $3)
  order by id`;

/** Lists an account's applications, oldest first, of all products or of one. */
export const listApplications = async (
  db: Database,
  providerId: number,
  accountId: number,
  productId?: number,
): Promise<Application[]> =>
  completeRows(
    db,
    providerId,
    await db.query<ApplicationRow>(listRowsStatement, [providerId, accountId, productId ?? null]),
  );

const lockRowStatement = `
  select ${selectList(applicationFields)}
  from applications
  where provider_id = $1 and account_id = $2 and id = $3
  for no key update`;

/**
 * Locks and returns an application, which stays unchanged until this transaction changes it or ends. The account must
 * be locked before, as in every transaction.
 */
export async function lockApplication(
  tx: Transaction,
  { providerId, accountId, applicationId }: { providerId: number; accountId: number; applicationId: number },
): Promise<Application | undefined> {
  const rows = await tx.query<ApplicationRow>(lockRowStatement, [providerId, accountId, applicationId]);
  const [application] = await completeRows(tx, providerId, rows);
  return application;
}

/** Completes rows with products, plans, keys and referrer filters, with one statement per table. */
async function completeRows(db: Database, providerId: number, rows: readonly ApplicationRow[]): Promise<Application[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const productIds = rows.map((row) => row.productId);
  const planIds = rows.map((row) => row.planId);
  // Together: in a transaction they take one round trip.
  const [readOfProducts, readOfPlans, readOfKeys, readOfFilters] = await Promise.all([
    readProducts(db, providerId, productIds),
    readPlans(db, providerId, planIds),
    db.query<ApplicationKey & { applicationId: number }>(listKeysStatement, [providerId, ids]),
    listReferrerFilters(db, providerId, ids),
  ]);
  const products = byId(readOfProducts);
  const plans = byId(readOfPlans);
  // Deleted, or moved from a custom plan, since its row was read. Foreign keys rule out any other reason.
  if (rows.some(({ productId, planId }) => !products.has(productId) || !plans.has(planId)))
    return readApplications(db, providerId, ids);
  const keys = Map.groupBy(readOfKeys, (key) => key.applicationId);
  const filters = Map.groupBy(readOfFilters, (filter) => filter.applicationId);

  return rows.map(({ productId, planId, ...row }) => {
    const [product, plan] = [products.get(productId), plans.get(planId)];
    if (!product || !plan) throw new Error(`Application ${row.id} has no product or no plan.`);
    return {
      ...row,
      product,
      plan,
      keys: (keys.get(row.id) ?? []).map(({ value, createdAt, updatedAt }) => ({ value, createdAt, updatedAt })),
      referrerFilters: (filters.get(row.id) ?? []).map((filter) => filter.value),
    };
  });
}

const byId = <T extends { readonly id: number }>(items: readonly T[]): ReadonlyMap<number, T> =>
  new Map(items.map((item) => [item.id, item]));

// If two requests take one key or id at once, the second waits for the first to commit and then inserts nothing.
const insertRowStatement = `
  insert into applications (provider_id, ${insertColumns(applicationFields)})
  values ($1, ${insertParameters(applicationFields, 2)})
  on conflict do nothing
  returning id`;

/**
 * Inserts an application with its keys. Returns undefined if another application of the product has its user key or
 * application id.
 */
export async function insertApplication(
  tx: Transaction,
  providerId: number,
  application: Application,
): Promise<Application | undefined> {
  const values = insertValues(applicationFields, toRow({ ...application, updatedAt: application.createdAt }));
  const [inserted] = await tx.query<{ id: number }>(insertRowStatement, [providerId, ...values]);
  if (!inserted) return undefined;
  const { id } = inserted;
  await Promise.all(application.keys.map((key) => insertKey(tx, providerId, id, key)));
  return { ...application, id };
}

const updateRowStatement = `
  update applications
  set ${assignments(applicationFields, 3)}
  where provider_id = $1 and id = $2`;

/** Writes a locked application. */
export async function updateApplicationRow(
  tx: Transaction,
  providerId: number,
  application: Application,
): Promise<void> {
  const values = updateValues(applicationFields, toRow(application));
  await tx.query(updateRowStatement, [providerId, application.id, ...values]);
}

// Also deletes their custom plans. Early versions could put a second application on a custom plan, which stays until
// that one is deleted, too. Served by applications_plan_idx.
const deleteRowsStatement = `
  with gone as (delete from applications where provider_id = $1 and id = any($2) returning plan_id)
  delete from plans
  where provider_id = $1 and id in (select plan_id from gone) and customized_from is not null
    and not exists (
      select from applications as other
      where other.provider_id = $1 and other.plan_id = plans.id and other.id <> all($2)
    )`;

/** Deletes applications with their keys, referrer filters and custom plans. */
export async function deleteApplicationRows(
  tx: Transaction,
  providerId: number,
  ids: readonly number[],
): Promise<void> {
  await tx.query(deleteRowsStatement, [providerId, ids]);
}

// Served by applications_account_idx.
const lengthOfOthersStatement = `
  select coalesce(sum(length(fields::text) + coalesce(length(description), 0)), 0)::float8 as length from applications
  where provider_id = $1 and account_id = $2 and id <> $3`;

const textsOf = ({ fields, description }: Application): object => ({ ...fields, description });

/** Returns an error if a new or changed application of a locked account has too long texts, together with all others of the account. */
export const textsOfApplicationsErrors = (
  tx: Transaction,
  providerId: number,
  application: Application,
  before?: Application,
): Promise<FieldErrors> =>
  textsOfAllErrors("applications", { after: textsOf(application), before: before && textsOf(before) }, async () => {
    const values = [providerId, application.accountId, before?.id ?? 0];
    const [others] = await tx.query<{ length: number }>(lengthOfOthersStatement, values);
    return others?.length ?? 0;
  });

// Served by applications_user_key_idx and applications_application_id_idx.
const findTakenCredentialsStatement = `
  select
    exists (select from applications
      where provider_id = $1 and user_key = $3 and product_id = $2 and id <> $5) as "userKey",
    exists (select from applications
      where provider_id = $1 and application_id = $4 and product_id = $2 and id <> $5) as "applicationId"`;

/** Returns errors for credentials that another application of the product has. */
export async function findTakenCredentials(
  db: Database,
  providerId: number,
  { id, product, userKey, applicationId }: Application,
): Promise<FieldErrors> {
  const values = [providerId, product.id, userKey, applicationId, id];
  const [taken] = await db.query<{ userKey: boolean; applicationId: boolean }>(findTakenCredentialsStatement, values);
  return { user_key: takenErrors(taken?.userKey), application_id: takenErrors(taken?.applicationId) };
}

/** Identifies an application by its user key, its application id or its number. */
export type ApplicationHandle = (
  | { readonly userKey: string }
  | { readonly appId: string }
  | { readonly id: number }
) & {
  readonly accountId?: number | undefined;
  readonly productId?: number | undefined;
  /** The product scope of the caller. */
  readonly productScope?: ProductScope;
};

/** Returns an application of the provider, and of the account and product if they are given. */
export async function findApplication(
  db: Database,
  providerId: number,
  handle: ApplicationHandle,
): Promise<Application | undefined> {
  const id = await findId(db, providerId, handle);
  const application = id === undefined ? undefined : await readApplication(db, providerId, id);
  if (!application) return undefined;
  const { accountId = application.accountId, productId = application.product.id, productScope } = handle;
  const isMeant = accountId === application.accountId && productId === application.product.id;
  return isMeant && isInProductScope(productScope, productId) ? application : undefined;
}

function findId(db: Database, providerId: number, handle: ApplicationHandle): Promise<number | undefined> {
  const { accountId = null, productId = null, productScope = null } = handle;
  if ("id" in handle) return Promise.resolve(handle.id);
  return "userKey" in handle
    ? findFirst(db, byUserKeyStatement, [providerId, handle.userKey, accountId, productId, productScope])
    : findFirst(db, byAppIdStatement, [providerId, handle.appId, accountId, productId, productScope]);
}

async function findFirst(
  db: Database,
  statement: string,
  values: readonly [number, string, number | null, number | null, ProductScope],
): Promise<number | undefined> {
  if (!isXmlText(values[1])) return undefined; // no application has it, and PostgreSQL rejects zero bytes
  const [found] = await db.query<{ id: number }>(statement, values);
  return found?.id;
}

// Served by applications_user_key_idx. A user key is valid only for products of version 1.
const byUserKeyStatement = `
  select application.id
  from applications as application
  join products as product on product.provider_id = $1 and product.id = application.product_id
  where application.provider_id = $1 and application.user_key = $2 and product.backend_version = '1'
    and ($3::bigint is null or application.account_id = $3) and ($4::bigint is null or application.product_id = $4)
    and ($5::bigint[] is null or application.product_id = any($5))
  order by application.id
  limit 1`;

// Served by applications_application_id_idx.
const byAppIdStatement = `
  select application.id
  from applications as application
  join products as product on product.provider_id = $1 and product.id = application.product_id
  where application.provider_id = $1 and application.application_id = $2 and product.backend_version <> '1'
    and ($3::bigint is null or application.account_id = $3) and ($4::bigint is null or application.product_id = $4)
    and ($5::bigint[] is null or application.product_id = any($5))
  order by application.id
  limit 1`;

/** Undefined criteria match every application. */
export interface ApplicationFilter {
  readonly accountId?: number | undefined;
  readonly productId?: number | undefined;
  readonly planId?: number | undefined;
  /** A plan with a price of any kind is paid. */
  readonly planType?: "free" | "paid" | undefined;
  readonly state?: string | undefined;
  /** Part of its name. */
  readonly name?: string | undefined;
  /** Part of the name of its account. */
  readonly accountQuery?: string | undefined;
  readonly userKey?: string | undefined;
  /** Its last day with traffic is at this time or later. */
  readonly activeSince?: Date | undefined;
  /** Its last day with traffic is at this time or earlier. */
  readonly inactiveSince?: Date | undefined;
  /** The product scope of the caller. */
  readonly productScope?: ProductScope;
  /** Finds out which of these match. */
  readonly ids?: readonly number[] | undefined;
}

// Planned for their values, so that a missing criterion is no condition: PostgreSQL then finds, counts and skips applications along the
// index of an account, a product, a plan or a key, or of all. By applications_state_idx for every state but live.
const matchingApplications = `
  from applications as application
  where application.provider_id = $1
    and ($2::bigint is null or application.account_id = $2)
    and ($3::bigint is null or application.product_id = $3)
    and ($4::bigint is null or application.plan_id = $4)
    and ($5::boolean is null or application.plan_id in (
      select id from plans
      where provider_id = $1
        and (cost_per_month = 0 and setup_fee = 0
          and id not in (select plan_id from pricing_rules where provider_id = $1)) = $5))
    and ($6::text is null or application.state = $6)
    and ($7::text is null or strpos(lower(application.name), lower($7)) > 0)
    and ($8::text is null or application.user_key = $8)
    and ($9::timestamptz is null or application.first_daily_traffic_at >= $9)
    and ($10::timestamptz is null or application.first_daily_traffic_at <= $10)
    and ($11::bigint[] is null or application.product_id = any($11))
    and ($12::bigint[] is null or application.id = any($12))`;

const applicationStatements: ListStatements = {
  page: `select id ${matchingApplications} order by id limit $13 offset $14 ${plannedEachTime}`,
  count: `select count(*) as count ${matchingApplications} ${plannedEachTime}`,
};

// Reads the accounts once, for the page and the number of matches. With a limit, PostgreSQL would look each application's account up.
const searchByAccountNameStatement = `
  with found as materialized (
    select id ${matchingApplications}
      and application.account_id in (
        select id from accounts where provider_id = $1 and strpos(lower(org_name), lower($13)) > 0)
  )
  select count(*) as total, array(select id from found order by id limit $14 offset $15) as ids from found
  ${plannedEachTime}`;

/** Returns the ids of a page of the matching applications, oldest first, and the number of matches. */
export async function searchApplications(
  db: Database,
  providerId: number,
  filter: ApplicationFilter,
  bounds: PageBounds,
): Promise<ListPage> {
  const { state, name, accountQuery, userKey } = filter;
  if ([state, name, accountQuery, userKey].some((text) => text !== undefined && !isXmlText(text)))
    return { ids: [], total: 0 };
  const values = [
    providerId,
    filter.accountId ?? null,
    filter.productId ?? null,
    filter.planId ?? null,
    filter.planType === undefined ? null : filter.planType === "free",
    state ?? null,
    name ?? null,
    userKey ?? null,
    filter.activeSince ?? null,
    filter.inactiveSince ?? null,
    filter.productScope ?? null,
    filter.ids ?? null,
  ];
  if (accountQuery === undefined) return readListPage(db, applicationStatements, values, bounds);
  const searchValues = [...values, accountQuery, bounds.limit, bounds.offset];
  const [found] = await db.query<ListPage>(searchByAccountNameStatement, searchValues);
  return found ?? { ids: [], total: 0 };
}

const applicationNamesStatement = `
  select application.id, coalesce(nullif(trim(application.name), ''), 'Application ' || application.id) as name,
    account.org_name
  from applications as application
  join accounts as account on account.provider_id = $1 and account.id = application.account_id
  where application.provider_id = $1 and application.id = any($2)
  order by application.id`;

/** Returns the names of applications and of their accounts, oldest first. */
export const readApplicationNames = (
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<{ readonly id: number; readonly name: string; readonly orgName: string }[]> =>
  db.query(applicationNamesStatement, [providerId, ids]);
