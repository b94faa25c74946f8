import type { Database, Transaction } from "#platform/database/database.ts";
import { newUuidV7 } from "#platform/ids/uuid-v7.ts";

import type { Account } from "./account.ts";

// After the database was switched to an earlier state, all numbers go on above a floor (0030_follow_timeline.sql).
export const accountColumns = `id, version, greatest(last_sequence, account_numbers_floor()) as "lastSequence", org_name as "orgName", state, state_changed_at as "stateChangedAt", deletion_at as "deletionAt",
  plan_id as "planId", annotations, fields, monthly_billing_enabled as "monthlyBillingEnabled",
  monthly_charging_enabled as "monthlyChargingEnabled", credit_card_token as "creditCardToken",
  credit_card_partial_number as "creditCardPartialNumber", credit_card_expires_on as "creditCardExpiresOn",
  created_at as "createdAt", updated_at as "updatedAt"`;

const readStatement = `select ${accountColumns} from accounts where provider_id = $1 and id = $2`;

export async function readAccount(db: Database, providerId: number, id: number): Promise<Account | undefined> {
  const [account] = await db.query<Account>(readStatement, [providerId, id]);
  return account;
}

const readSomeStatement = `select ${accountColumns} from accounts where provider_id = $1 and id = any($2)`;

/** The accounts with these ids, in no order. */
export const readAccounts = (db: Database, providerId: number, ids: readonly number[]): Promise<Account[]> =>
  db.query<Account>(readSomeStatement, [providerId, ids]);

// Locks the account until the transaction ends; rows that refer to it can still be written.
const lockStatement = `${readStatement} for no key update`;

/** The account as it is, and as it stays until this transaction changes it or ends. */
export async function lockAccount(tx: Transaction, providerId: number, id: number): Promise<Account | undefined> {
  const [account] = await tx.query<Account>(lockStatement, [providerId, id]);
  return account;
}

const insertStatement = `
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
  const [inserted] = await tx.query<Account>(insertStatement, [
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
const updateStatement = `
  update accounts
  set org_name = $3, state = $4, state_changed_at = $5, annotations = $6, fields = $7, monthly_billing_enabled = $8,
    monthly_charging_enabled = $9, deletion_at = $10, plan_id = $11, credit_card_token = $12,
    credit_card_partial_number = $13, credit_card_expires_on = $14, updated_at = $15, version = $16,
    last_sequence = case when greatest(last_sequence, account_numbers_floor()) = $17 then $17 + 1 end
  where provider_id = $1 and id = $2`;

/**
 * Writes what can be changed of a locked account, and takes the number of the event that tells so. Gives the account as it is
 * then.
 */
export function updateAccountRow(tx: Transaction, providerId: number, account: Account, now: Date): Account {
  const version = newUuidV7(now.getTime());
  tx.send(updateStatement, [
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
    version,
    account.lastSequence,
  ]);
  return { ...account, version, updatedAt: now, lastSequence: account.lastSequence + 1 };
}

/** Deletes an account with all rows that belong to it. */
export async function deleteAccountRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(`delete from accounts where provider_id = $1 and id = $2`, [providerId, id]);
}
