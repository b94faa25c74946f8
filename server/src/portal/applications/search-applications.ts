import type { Reach } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { isXmlText } from "#platform/document/xml-text.ts";

import type { Application } from "./application.ts";
import { readApplications } from "./read-applications.ts";

/** Which applications of a provider; what is not named does not matter. */
export interface ApplicationFilter {
  readonly accountId?: number | undefined;
  readonly productId?: number | undefined;
  readonly planId?: number | undefined;
  readonly planType?: "free" | "paid" | undefined;
  readonly state?: string | undefined;
  /** A part of its name. */
  readonly name?: string | undefined;
  /** A part of the name of its account. */
  readonly accountQuery?: string | undefined;
  readonly userKey?: string | undefined;
  /** Its last day with traffic is then or later. */
  readonly activeSince?: Date | undefined;
  /** Its last day with traffic is then or earlier. */
  readonly inactiveSince?: Date | undefined;
  /** Of the products that somebody reaches. */
  readonly reach?: Reach;
}

// Within the provider's own rows, in the order of the primary key; of one product or one plan, served by their index.
const matching = `
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

const countStatement = `select count(*) as count ${matching}`;

const pageStatement = `select application.id ${matching} order by application.id limit $13 offset $14`;

/** A page of the applications that match, oldest first, and how many match in all. */
export async function searchApplications(
  db: Database,
  providerId: number,
  filter: ApplicationFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly applications: readonly Application[]; readonly total: number }> {
  const { state, name, accountQuery, userKey } = filter;
  const texts = [state ?? null, name ?? null, accountQuery ?? null, userKey ?? null];
  if (texts.some((text) => text !== null && !isXmlText(text))) return { applications: [], total: 0 };
  const values = [
    providerId,
    filter.accountId ?? null,
    filter.productId ?? null,
    filter.planId ?? null,
    filter.planType === undefined ? null : filter.planType === "free",
    ...texts,
    filter.activeSince ?? null,
    filter.inactiveSince ?? null,
    filter.reach ?? null,
  ];
  const [counted] = await db.query<{ count: number }>(countStatement, values);
  const page = await db.query<{ id: number }>(pageStatement, [...values, limit, offset]);
  const ids = page.map(({ id }) => id);
  return { applications: await readApplications(db, providerId, ids), total: counted?.count ?? 0 };
}
