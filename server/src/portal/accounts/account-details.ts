import type { AsJson, Database, Transaction } from "#platform/database/database.ts";
import { readCachedDocumentSettings } from "#portal/fields/index.ts";
import { selectList } from "#platform/database/field-table.ts";
import {
  type Plan,
  type VersionedPlan,
  cachePlan,
  readCachedPlans,
  versionedPlanColumns,
} from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type User, userFields, userOfJson } from "#portal/users/user.ts";
import { type AccountDetails, type AccountWithSettings, inDocumentOrder } from "./account-document.ts";
import { type Account, accountFields } from "./account.ts";

const columnsWithoutPlans = `${selectList(accountFields)},
    (select configuration_version from providers where id = $1) as "configurationVersion",
    (
      select json_agg(one order by one.id)
      from (select ${selectList(userFields)} from users where provider_id = $1 and account_id = account.id) one
    ) as users`;

const plansOfAccount = `plans where provider_id = $1 and id = any (array(
          select account.plan_id
          union all
          select plan_id from service_subscriptions where provider_id = $1 and account_id = account.id
          union all
          select plan_id from applications where provider_id = $1 and account_id = account.id))`;

const columnsWithPlanVersions = `${columnsWithoutPlans},
    array(select version from ${plansOfAccount} order by id) as plans`;

// One round trip reads all of an account, its plans by version. Served by the primary keys of accounts, plans and providers,
// users_account_idx, applications_account_idx and the unique key of service_subscriptions. @indexed
const readDetailsStatement = `select ${columnsWithPlanVersions} from accounts account where provider_id = $1 and id = $2`;

// For one account this costs PostgreSQL a sixth more than readDetailsStatement. @indexed
const listDetailsStatement = `select ${columnsWithPlanVersions} from accounts account where provider_id = $1 and id = any ($2) order by id`;

// Reads accounts of which a plan is not cached, with their plans. It repeats all columns, so that an account and its plans are
// of one snapshot. @indexed
const listDetailsWithPlansStatement = `
  select ${columnsWithoutPlans},
    (select json_agg(one order by one.id) from (select ${versionedPlanColumns} from ${plansOfAccount}) one) as plans
  from accounts account
  where provider_id = $1 and id = any ($2)`;

interface DetailsRow<Plans> extends Account {
  readonly configurationVersion: string;
  readonly users: readonly AsJson<User>[] | null;
  readonly plans: Plans;
}

type RowWithPlanVersions = DetailsRow<readonly string[]>;
type RowWithPlans = DetailsRow<readonly VersionedPlan[] | null>;

/** An account and the version of its provider's configuration, read by one statement. */
interface ReadAccount {
  readonly details: AccountDetails;
  readonly configurationVersion: string;
}

const toReadAccount = ({
  configurationVersion,
  users,
  plans,
  ...account
}: DetailsRow<readonly Plan[]>): ReadAccount => ({
  details: { account, users: users?.map(userOfJson) ?? [], plans: inDocumentOrder(plans) },
  configurationVersion,
});

/** Adds plans to account rows, oldest first. Leaves out accounts deleted in the meantime. */
async function addPlans(
  db: Database,
  providerId: number,
  rows: readonly RowWithPlanVersions[],
): Promise<readonly ReadAccount[]> {
  const found: ReadAccount[] = [];
  const unknown: number[] = [];
  for (const row of rows) {
    const plans = readCachedPlans(db, row.plans);
    if (plans) found.push(toReadAccount({ ...row, plans }));
    else unknown.push(row.id);
  }
  if (unknown.length === 0) return found;
  const withPlans = await db.query<RowWithPlans>(listDetailsWithPlansStatement, [providerId, unknown]);
  const read = withPlans.map(({ plans, ...row }) =>
    toReadAccount({ ...row, plans: (plans ?? []).map((plan) => cachePlan(db, plan)) }),
  );
  return [...found, ...read].toSorted((a, b) => a.details.account.id - b.details.account.id);
}

/** Returns the existing accounts among `ids`, oldest first. */
export async function listAccountDetails(
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<readonly AccountDetails[]> {
  const rows = await db.query<RowWithPlanVersions>(listDetailsStatement, [providerId, ids]);
  return (await addPlans(db, providerId, rows)).map(({ details }) => details);
}

async function readOne(db: Database, providerId: number, id: number): Promise<ReadAccount | undefined> {
  const rows = await db.query<RowWithPlanVersions>(readDetailsStatement, [providerId, id]);
  const [found] = await addPlans(db, providerId, rows);
  return found;
}

const withSettings = async (
  db: Database,
  provider: Provider,
  { details, configurationVersion }: ReadAccount,
): Promise<AccountWithSettings> => ({
  details,
  settings: await readCachedDocumentSettings(db, provider, configurationVersion),
});

/** Returns the account with the settings that its documents are written by, or undefined if the provider has no such account. */
export async function readAccountDetails(
  db: Database,
  provider: Provider,
  id: number,
): Promise<AccountWithSettings | undefined> {
  const found = await readOne(db, provider.id, id);
  return found && withSettings(db, provider, found);
}

// Served by the primary key of accounts. @indexed
const lockStatement = `select from accounts where provider_id = $1 and id = $2 for no key update`;

/**
 * Locks the account and returns it as it stays until this transaction changes it or ends. Every change of an account's users,
 * subscriptions or applications locks the account first, so the second statement, whose snapshot follows the lock, reads them
 * unchanged. Both statements go out together: one round trip.
 */
export async function lockAccountDetails(
  tx: Transaction,
  provider: Provider,
  id: number,
): Promise<AccountWithSettings | undefined> {
  const [locked, found] = await Promise.all([tx.query(lockStatement, [provider.id, id]), readOne(tx, provider.id, id)]);
  return locked.length > 0 && found ? withSettings(tx, provider, found) : undefined;
}
