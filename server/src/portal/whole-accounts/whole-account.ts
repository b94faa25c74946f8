import type { Database, Transaction } from "#platform/database/database.ts";
import type { InJson } from "#platform/database/in-json.ts";
import { accountColumns, type Account } from "#portal/accounts/index.ts";
import { recallDocumentSettings, type DocumentSettings } from "#portal/fields/index.ts";
import {
  recallPlans,
  rememberPlan,
  versionedPlanColumns,
  type Plan,
  type PlanKind,
  type VersionedPlan,
} from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { userColumns, userOfJson, type User } from "#portal/users/index.ts";

/** An account with what its document contains. */
export interface WholeAccount {
  readonly account: Account;
  /** Each plan that the account, its subscriptions and its applications are on, once. */
  readonly plans: readonly Plan[];
  readonly users: readonly User[];
}

const columnsBesidePlans = `${accountColumns},
    (select fields_version from providers where id = $1) as "fieldsVersion",
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
    array(select version from ${itsPlans}) as plans`;

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
    (select json_agg(one) from (select ${versionedPlanColumns} from ${itsPlans}) one) as plans
  from accounts account
  where provider_id = $1 and id = any ($2)`;

interface RowWith<Plans> extends Account {
  readonly fieldsVersion: string;
  readonly users: readonly InJson<User>[] | null;
  readonly plans: Plans;
}

type Row = RowWith<readonly string[]>;
type RowInFull = RowWith<readonly VersionedPlan[] | null>;

interface Found {
  readonly whole: WholeAccount;
  readonly fieldsVersion: string;
}

const foundIn = ({ fieldsVersion, users, plans, ...account }: RowWith<readonly Plan[]>): Found => ({
  whole: { account, users: users?.map(userOfJson) ?? [], plans: inDocumentOrder(plans) },
  fieldsVersion,
});

/** The accounts of the rows with their plans, oldest first. One that is deleted meanwhile is left out. */
async function withPlans(db: Database, providerId: number, rows: readonly Row[]): Promise<readonly Found[]> {
  const found: Found[] = [];
  const unknown: number[] = [];
  for (const row of rows) {
    const plans = recallPlans(row.plans);
    if (plans) found.push(foundIn({ ...row, plans }));
    else unknown.push(row.id);
  }
  if (unknown.length === 0) return found;
  const read = await db.query<RowInFull>(inFullStatement, [providerId, unknown]);
  return [...found, ...read.map((row) => foundIn({ ...row, plans: row.plans?.map(rememberPlan) ?? [] }))].toSorted(
    (a, b) => a.whole.account.id - b.whole.account.id,
  );
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

/** An account, and what its document is written by. */
export interface AccountInFull {
  readonly whole: WholeAccount;
  readonly settings: DocumentSettings;
}

export async function readAccountInFull(
  db: Database,
  provider: Provider,
  id: number,
): Promise<AccountInFull | undefined> {
  const rows = await db.query<Row>(readStatement, [provider.id, id]);
  const [found] = await withPlans(db, provider.id, rows);
  if (!found) return undefined;
  const { whole, fieldsVersion } = found;
  return { whole, settings: await recallDocumentSettings(db, provider, fieldsVersion) };
}

// Locks the account until the transaction ends, as `lockAccount` does. Everybody locks it before they change its users,
// subscriptions or applications, so what is read by a statement after this one stays as it is read.
const lockStatement = `select from accounts where provider_id = $1 and id = $2 for no key update`;

/** The account as it is, and as it stays until this transaction changes it or ends. One round trip. */
export async function lockAccountInFull(
  tx: Transaction,
  provider: Provider,
  id: number,
): Promise<AccountInFull | undefined> {
  const [locked, account] = await Promise.all([
    tx.query(lockStatement, [provider.id, id]),
    readAccountInFull(tx, provider, id),
  ]);
  return locked.length > 0 ? account : undefined;
}

const order: readonly PlanKind[] = ["account_plan", "service_plan", "application_plan"];

/** Each plan once, the account's first, then those of its subscriptions, then those of its applications. */
export const inDocumentOrder = (plans: readonly Plan[]): readonly Plan[] =>
  [...new Map(plans.map((plan) => [plan.id, plan])).values()].toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.id - b.id,
  );
