import type { Database } from "#platform/database/database.ts";
import type { InJson } from "#platform/database/in-json.ts";
import {
  type Plan,
  type VersionedPlan,
  cachePlan,
  readCachedPlans,
  versionedPlanColumns,
} from "#portal/products/index.ts";
import { type User, userColumns, userOfJson } from "#portal/users/user.ts";
import { type AccountDetails, inDocumentOrder } from "./account-document.ts";
import { type Account, accountColumns } from "./account.ts";

const columnsWithoutPlans = `${accountColumns},
    (select configuration_version from providers where id = $1) as "configurationVersion",
    (
      select json_agg(one order by one.id)
      from (select ${userColumns} from users where provider_id = $1 and account_id = account.id) one
    ) as users`;

const plansOfAccount = `plans where provider_id = $1 and id = any (array(
          select account.plan_id
          union all
          select plan_id from service_subscriptions where provider_id = $1 and account_id = account.id
          union all
          select plan_id from applications where provider_id = $1 and account_id = account.id))`;

const columnsWithPlanVersions = `${columnsWithoutPlans},
    array(select version from ${plansOfAccount} order by id) as plans`;

// All of an account in one round trip, its plans by their versions. Served by the primary keys of accounts, plans and
// providers, users_account_idx, applications_account_idx and the unique key of service_subscriptions on (provider_id,
// account_id, product_id).
const readDetailsStatement = `select ${columnsWithPlanVersions} from accounts account where provider_id = $1 and id = $2`;

// The same of several. For one alone it costs PostgreSQL a sixth more.
const listDetailsStatement = `select ${columnsWithPlanVersions} from accounts account where provider_id = $1 and id = any ($2) order by id`;

// The same with the plans themselves, for those that are on a plan that is not remembered. It is all read anew, so that an
// account and its plans are of one moment, whatever has changed since the first look.
const listDetailsWithPlansStatement = `
  select ${columnsWithoutPlans},
    (select json_agg(one order by one.id) from (select ${versionedPlanColumns} from ${plansOfAccount}) one) as plans
  from accounts account
  where provider_id = $1 and id = any ($2)`;

interface DetailsRow<Plans> extends Account {
  readonly configurationVersion: string;
  readonly users: readonly InJson<User>[] | null;
  readonly plans: Plans;
}

type RowWithPlanVersions = DetailsRow<readonly string[]>;
type RowWithPlans = DetailsRow<readonly VersionedPlan[] | null>;

export interface VersionedAccount {
  readonly whole: AccountDetails;
  /** Of the provider's configuration: with the account's own version it decides what the document says. */
  readonly configurationVersion: string;
}

const toVersionedAccount = ({
  configurationVersion,
  users,
  plans,
  ...account
}: DetailsRow<readonly Plan[]>): VersionedAccount => ({
  whole: { account, users: users?.map(userOfJson) ?? [], plans: inDocumentOrder(plans) },
  configurationVersion,
});

/** The accounts of the rows with their plans, oldest first. One that is deleted meanwhile is left out. */
async function addPlans(
  db: Database,
  providerId: number,
  rows: readonly RowWithPlanVersions[],
): Promise<readonly VersionedAccount[]> {
  const found: VersionedAccount[] = [];
  const unknown: number[] = [];
  for (const row of rows) {
    const plans = readCachedPlans(row.plans);
    if (plans) found.push(toVersionedAccount({ ...row, plans }));
    else unknown.push(row.id);
  }
  if (unknown.length === 0) return found;
  const inFull = await db.query<RowWithPlans>(listDetailsWithPlansStatement, [providerId, unknown]);
  const read = inFull.map(({ plans, ...row }) => toVersionedAccount({ ...row, plans: (plans ?? []).map(cachePlan) }));
  return [...found, ...read].toSorted((a, b) => a.whole.account.id - b.whole.account.id);
}

/** Those of the accounts that are there, oldest first. */
export async function listAccountDetails(
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<readonly AccountDetails[]> {
  const rows = await db.query<RowWithPlanVersions>(listDetailsStatement, [providerId, ids]);
  return (await addPlans(db, providerId, rows)).map(({ whole }) => whole);
}

/** One account, and what names all that it says. */
export async function readVersionedAccount(
  db: Database,
  providerId: number,
  id: number,
): Promise<VersionedAccount | undefined> {
  const rows = await db.query<RowWithPlanVersions>(readDetailsStatement, [providerId, id]);
  const [found] = await addPlans(db, providerId, rows);
  return found;
}
