import type { Database, Transaction } from "#platform/database/database.ts";
import type { InJson } from "#platform/database/in-json.ts";
import { accountColumns, type Account } from "#portal/accounts/index.ts";
import { recallDocumentSettings, type DocumentSettings } from "#portal/fields/index.ts";
import { planColumns, planOfJson, type Plan, type PlanKind } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { userColumns, userOfJson, type User } from "#portal/users/index.ts";

/** An account with what its document contains. */
export interface WholeAccount {
  readonly account: Account;
  /** Each plan that the account, its subscriptions and its applications are on, once. */
  readonly plans: readonly Plan[];
  readonly users: readonly User[];
}

const wholeColumns = `${accountColumns},
    (select fields_version from providers where id = $1) as "fieldsVersion",
    (
      select json_agg(one order by one.id)
      from (select ${userColumns} from users where provider_id = $1 and account_id = account.id) one
    ) as users,
    (
      select json_agg(one)
      from (
        select ${planColumns}
        from plans
        where provider_id = $1 and id = any (array(
          select account.plan_id
          union all
          select plan_id from service_subscriptions where provider_id = $1 and account_id = account.id
          union all
          select plan_id from applications where provider_id = $1 and account_id = account.id))
      ) one
    ) as plans`;

// All of an account in one round trip. Served by the primary keys of accounts, plans and providers, users_account_idx,
// applications_account_idx and the unique key of service_subscriptions on (provider_id, account_id, product_id).
const readStatement = `select ${wholeColumns} from accounts account where provider_id = $1 and id = $2`;

// The same of several. For one alone it costs PostgreSQL a sixth more.
const listStatement = `select ${wholeColumns} from accounts account where provider_id = $1 and id = any ($2) order by id`;

interface Row extends Account {
  readonly fieldsVersion: string;
  readonly users: readonly InJson<User>[] | null;
  readonly plans: readonly InJson<Plan>[] | null;
}

const ofRow = ({ fieldsVersion, users, plans, ...account }: Row): { whole: WholeAccount; fieldsVersion: string } => ({
  whole: {
    account,
    users: users?.map(userOfJson) ?? [],
    plans: inDocumentOrder(plans?.map(planOfJson) ?? []),
  },
  fieldsVersion,
});

/** Those of the accounts that are there, oldest first. */
export async function readWholeAccounts(
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<readonly WholeAccount[]> {
  return (await db.query<Row>(listStatement, [providerId, ids])).map((row) => ofRow(row).whole);
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
  const [row] = await db.query<Row>(readStatement, [provider.id, id]);
  if (!row) return undefined;
  const { whole, fieldsVersion } = ofRow(row);
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
