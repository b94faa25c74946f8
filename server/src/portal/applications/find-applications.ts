import { type ProductScope, isInProductScope } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { isXmlText } from "#platform/xml.ts";
import { readApplication } from "./application-table.ts";
import type { Application } from "./application.ts";

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
}

// Scans the provider's own rows in primary key order; for one product or plan, uses its index.
const matchingApplications = `
  from applications as application
  join plans as plan on plan.provider_id = $1 and plan.id = application.plan_id
  join accounts as account on account.provider_id = $1 and account.id = application.account_id
  where application.provider_id = $1
    and ($2::bigint is null or application.account_id = $2)
    and ($3::bigint is null or application.product_id = $3)
    and ($4::bigint is null or application.plan_id = $4)
    and ($5::boolean is null or (plan.cost_per_month = 0 and plan.setup_fee = 0) = $5)
    and ($6::text is null or application.state = $6)
    and ($7::text is null or strpos(lower(application.name), lower($7)) > 0)
    and ($8::text is null or strpos(lower(account.org_name), lower($8)) > 0)
    and ($9::text is null or application.user_key = $9)
    and ($10::timestamptz is null or application.first_daily_traffic_at >= $10)
    and ($11::timestamptz is null or application.first_daily_traffic_at <= $11)
    and ($12::bigint[] is null or application.product_id = any($12))`;

const countApplicationsStatement = `select count(*) as count ${matchingApplications}`;

const applicationPageStatement = `select application.id ${matchingApplications} order by application.id limit $13 offset $14`;

/** Returns the ids of a page of the matching applications, oldest first, and the number of matches. */
export async function searchApplications(
  db: Database,
  providerId: number,
  filter: ApplicationFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly ids: readonly number[]; readonly total: number }> {
  const { state, name, accountQuery, userKey } = filter;
  const texts = [state ?? null, name ?? null, accountQuery ?? null, userKey ?? null];
  if (texts.some((text) => text !== null && !isXmlText(text))) return { ids: [], total: 0 };
  const values = [
    providerId,
    filter.accountId ?? null,
    filter.productId ?? null,
    filter.planId ?? null,
    filter.planType === undefined ? null : filter.planType === "free",
    ...texts,
    filter.activeSince ?? null,
    filter.inactiveSince ?? null,
    filter.productScope ?? null,
  ];
  const [counted] = await db.query<{ count: number }>(countApplicationsStatement, values);
  const page = await db.query<{ id: number }>(applicationPageStatement, [...values, limit, offset]);
  return { ids: page.map(({ id }) => id), total: counted?.count ?? 0 };
}
