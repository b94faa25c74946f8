import type { Database, Transaction } from "#platform/database/database.ts";
import type { FieldValues } from "#portal/fields/index.ts";
import type { Plan } from "#portal/products/index.ts";

type AccountState = "created" | "pending" | "approved" | "rejected" | "suspended" | "scheduled_for_deletion";

/** An organisation of developers, customer of a provider. */
export interface Account {
  readonly id: number;
  /** The number of its last event. */
  readonly lastSequence: number;
  readonly orgName: string;
  readonly state: AccountState;
  readonly stateChangedAt: Date;
  readonly deletionAt: Date | null;
  readonly planId: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** All fields but `org_name`. */
  readonly fields: FieldValues;
  readonly monthlyBillingEnabled: boolean;
  readonly monthlyChargingEnabled: boolean;
  /** What a payment gateway knows the account's card by. No document has it: they say whether there is one. */
  readonly creditCardToken: string | null;
  readonly creditCardPartialNumber: string | null;
  /** `2027-05-01` */
  readonly creditCardExpiresOn: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

// After the database was switched to an earlier state, all numbers go on above a floor (0030_follow_timeline.sql).
export const accountColumns = `id, greatest(last_sequence, account_numbers_floor()) as "lastSequence", org_name as "orgName", state, state_changed_at as "stateChangedAt", deletion_at as "deletionAt",
  plan_id as "planId", annotations, fields, monthly_billing_enabled as "monthlyBillingEnabled",
  monthly_charging_enabled as "monthlyChargingEnabled", credit_card_token as "creditCardToken",
  credit_card_partial_number as "creditCardPartialNumber", credit_card_expires_on as "creditCardExpiresOn",
  created_at as "createdAt", updated_at as "updatedAt"`;

const readAccountStatement = `select ${accountColumns} from accounts where provider_id = $1 and id = $2`;

export async function readAccount(db: Database, providerId: number, id: number): Promise<Account | undefined> {
  const [account] = await db.query<Account>(readAccountStatement, [providerId, id]);
  return account;
}

const readAccountsStatement = `select ${accountColumns} from accounts where provider_id = $1 and id = any($2)`;

/** The accounts with these ids, in no order. */
export const readAccounts = (db: Database, providerId: number, ids: readonly number[]): Promise<Account[]> =>
  db.query<Account>(readAccountsStatement, [providerId, ids]);

// Locks the account until the transaction ends; rows that refer to it can still be written.
const lockAccountStatement = `${readAccountStatement} for no key update`;

/** The account as it is, and as it stays until this transaction changes it or ends. */
export async function lockAccount(tx: Transaction, providerId: number, id: number): Promise<Account | undefined> {
  const [account] = await tx.query<Account>(lockAccountStatement, [providerId, id]);
  return account;
}

const insertAccountStatement = `
  insert into accounts (provider_id, org_name, state, state_changed_at, plan_id, annotations, fields, created_at, updated_at)
  values ($1, $2, $3, $7, $4, $5, $6, $7, $7)
  returning ${accountColumns}`;

type NewAccount = Pick<Account, "orgName" | "state" | "planId" | "annotations" | "fields">;

export async function insertAccount(
  tx: Transaction,
  providerId: number,
  { orgName, state, planId, annotations, fields }: NewAccount,
  now: Date,
): Promise<Account> {
  const [inserted] = await tx.query<Account>(insertAccountStatement, [
    providerId,
    orgName,
    state,
    planId,
    annotations,
    fields,
    now,
  ]);
  if (!inserted) throw new Error("The new account was not returned.");
  return inserted;
}

// With the number of the event that tells so: refused, as in record-account-events.ts, if that was taken since the row was read.
const updateAccountStatement = `
  update accounts
  set org_name = $3, state = $4, state_changed_at = $5, annotations = $6, fields = $7, monthly_billing_enabled = $8,
    monthly_charging_enabled = $9, deletion_at = $10, plan_id = $11, credit_card_token = $12,
    credit_card_partial_number = $13, credit_card_expires_on = $14, updated_at = $15,
    last_sequence = case when greatest(last_sequence, account_numbers_floor()) = $16 then $16 + 1 end
  where provider_id = $1 and id = $2`;

/**
 * Writes what can be changed of a locked account, and takes the number of the event that tells so. Gives the account as it is
 * then.
 */
export function updateAccountRow(tx: Transaction, providerId: number, account: Account, now: Date): Account {
  tx.send(updateAccountStatement, [
    providerId,
    account.id,
    account.orgName,
    account.state,
    account.stateChangedAt,
    account.annotations,
    account.fields,
    account.monthlyBillingEnabled,
    account.monthlyChargingEnabled,
    account.deletionAt,
    account.planId,
    account.creditCardToken,
    account.creditCardPartialNumber,
    account.creditCardExpiresOn,
    now,
    account.lastSequence,
  ]);
  return { ...account, updatedAt: now, lastSequence: account.lastSequence + 1 };
}

/** Deletes an account with all rows that belong to it. */
export async function deleteAccountRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(`delete from accounts where provider_id = $1 and id = $2`, [providerId, id]);
}

/** Which accounts of a provider; what is not named does not matter. */
export interface AccountFilter {
  readonly state?: string | undefined;
  /** A part of the organization's name, or of a user's name or e-mail address, in any case. */
  readonly query?: string | undefined;
}

// Within the provider's own rows, in the order of the primary key. The users are read once, not once for each account.
const matchingAccounts = `
  from accounts
  where provider_id = $1
    and ($2::text is null or state = $2)
    and ($3::text is null or strpos(lower(org_name), lower($3)) > 0 or id in (
      select account_id
      from users
      where provider_id = $1 and (strpos(lower(username), lower($3)) > 0 or strpos(lower(email), lower($3)) > 0)))`;

const countAccountsStatement = `select count(*) as count ${matchingAccounts}`;

const accountPageStatement = `select id ${matchingAccounts} order by id limit $4 offset $5`;

/** A page of the accounts that match, oldest first, and how many match in all. */
export async function searchAccounts(
  db: Database,
  providerId: number,
  { state, query }: AccountFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly accounts: readonly Account[]; readonly total: number }> {
  const values = [providerId, state ?? null, query ?? null];
  const [counted] = await db.query<{ count: number }>(countAccountsStatement, values);
  const page = await db.query<{ id: number }>(accountPageStatement, [...values, limit, offset]);
  const ids = page.map(({ id }) => id);
  const accounts = await readAccounts(db, providerId, ids);
  return { accounts: accounts.toSorted((one, other) => one.id - other.id), total: counted?.count ?? 0 };
}

const insertSubscriptionsStatement = `
  insert into service_subscriptions (provider_id, account_id, product_id, plan_id, state, created_at, updated_at)
  select $1, $2, plan.product_id, plan.id, case when plan.approval_required then 'pending' else 'live' end, $4, $4
  from plans as plan
  where plan.provider_id = $1 and plan.id = any($3)`;

/** Subscribes an account to the products of these service plans. */
export async function insertServiceSubscriptions(
  tx: Transaction,
  { providerId, accountId, plans, now }: { providerId: number; accountId: number; plans: readonly Plan[]; now: Date },
): Promise<void> {
  if (plans.length === 0) return;
  await tx.query(insertSubscriptionsStatement, [providerId, accountId, plans.map((plan) => plan.id), now]);
}
