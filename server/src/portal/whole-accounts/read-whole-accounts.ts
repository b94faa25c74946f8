import type { Database } from "#platform/database/database.ts";
import type { InJson } from "#platform/database/in-json.ts";
import { accountColumns } from "#portal/accounts/accounts-table.ts";
import { type Account } from "#portal/accounts/account.ts";
import {
  readCachedPlans,
  cachePlan,
  versionedPlanColumns,
  type Plan,
  type VersionedPlan,
} from "#portal/products/index.ts";
import { userColumns, userOfJson } from "#portal/users/users-table.ts";
import { type User } from "#portal/users/user.ts";

import { inDocumentOrder, type WholeAccount } from "./whole-account.ts";

const columnsBesidePlans = `${accountColumns},
    (select configuration_version from providers where id = $1) as "configurationVersion",
    (
      select json_agg(one order by one.id)
      from (select ${userColumns} from users where provider_id = $1 and account_id = account.id) one
    ) as users`;

const itsPlans = `plans where provider_id = $1 and id = any (array(
          select account.plan_id
          union all
          select plan_id from service_subscriptions where provider_id = $1 and account_id = account.id
          union all
          select plan_id from applications where provider_id = $1 and account_id = account.id))`;

const columns = `${columnsBesidePlans},
    array(select version from ${itsPlans} order by id) as plans`;

// All of an account in one round trip, its plans by their versions. Served by the primary keys of accounts, plans and
// providers, users_account_idx, applications_account_idx and the unique key of service_subscriptions on (provider_id,
// account_id, product_id).
const readStatement = `select ${columns} from accounts account where provider_id = $1 and id = $2`;

// The same of several. For one alone it costs PostgreSQL a sixth more.
const listStatement = `select ${columns} from accounts account where provider_id = $1 and id = any ($2) order by id`;

// The same with the plans themselves, for those that are on a plan that is not remembered. It is all read anew, so that an
// account and its plans are of one moment, whatever has changed since the first look.
const inFullStatement = `
  select ${columnsBesidePlans},
    (select json_agg(one order by one.id) from (select ${versionedPlanColumns} from ${itsPlans}) one) as plans
  from accounts account
  where provider_id = $1 and id = any ($2)`;

interface RowWith<Plans> extends Account {
  readonly configurationVersion: string;
  readonly users: readonly InJson<User>[] | null;
  readonly plans: Plans;
}

type Row = RowWith<readonly string[]>;
type RowInFull = RowWith<readonly VersionedPlan[] | null>;

export interface VersionedAccount {
  readonly whole: WholeAccount;
  /** Of the provider's configuration: with the account's own version it decides what the document says. */
  readonly configurationVersion: string;
}

const versioned = ({ configurationVersion, users, plans, ...account }: RowWith<readonly Plan[]>): VersionedAccount => ({
  whole: { account, users: users?.map(userOfJson) ?? [], plans: inDocumentOrder(plans) },
  configurationVersion,
});

/** The accounts of the rows with their plans, oldest first. One that is deleted meanwhile is left out. */
async function withPlans(db: Database, providerId: number, rows: readonly Row[]): Promise<readonly VersionedAccount[]> {
  const found: VersionedAccount[] = [];
  const unknown: number[] = [];
  for (const row of rows) {
    const plans = readCachedPlans(row.plans);
    if (plans) found.push(versioned({ ...row, plans }));
    else unknown.push(row.id);
  }
  if (unknown.length === 0) return found;
  const inFull = await db.query<RowInFull>(inFullStatement, [providerId, unknown]);
  const read = inFull.map(({ plans, ...row }) => versioned({ ...row, plans: (plans ?? []).map(cachePlan) }));
  return [...found, ...read].toSorted((a, b) => a.whole.account.id - b.whole.account.id);
}

/** Those of the accounts that are there, oldest first. */
export async function readWholeAccounts(
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<readonly WholeAccount[]> {
  const rows = await db.query<Row>(listStatement, [providerId, ids]);
  return (await withPlans(db, providerId, rows)).map(({ whole }) => whole);
}

/** One account, and what names all that it says. */
export async function readVersionedAccount(
  db: Database,
  providerId: number,
  id: number,
): Promise<VersionedAccount | undefined> {
  const rows = await db.query<Row>(readStatement, [providerId, id]);
  const [found] = await withPlans(db, providerId, rows);
  return found;
}
