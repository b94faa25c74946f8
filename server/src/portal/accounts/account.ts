import { Type } from "typebox";
import {
  type Database,
  type ListPage,
  type ListStatements,
  type PageBounds,
  queryRow,
  readListPage,
  type Transaction,
} from "#platform/database/database.ts";
import {
  assignments,
  insertColumns,
  type Inserted,
  insertParameters,
  insertValues,
  selectList,
  updateValues,
} from "#platform/database/field-table.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import { isoTime } from "#platform/times.ts";
import { annotationsSchema, type FieldValues, parseRailsBoolean, type SettableTable } from "#portal/fields/index.ts";
import type { Plan } from "#portal/products/index.ts";
import type { ProductScope } from "#access/index.ts";
import { newEventId } from "#webhooks/events/index.ts";
import { parseRowId } from "#platform/ids.ts";

export const accountStates = [
  "created",
  "pending",
  "approved",
  "rejected",
  "suspended",
  "scheduled_for_deletion",
] as const;

/** An organisation of developers, a customer of a provider. */
export interface Account {
  readonly id: number;
  /** The sequence number of the account's last event. */
  readonly lastSequence: number;
  /** The transaction number under which that event was recorded. */
  readonly lastRecordedIn: number;
  readonly lastEventId: string;
  readonly orgName: string;
  readonly state: (typeof accountStates)[number];
  readonly stateChangedAt: Date;
  readonly deletionAt: Date | null;
  readonly planId: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** All fields except `org_name`. */
  readonly fields: FieldValues;
  readonly monthlyBillingEnabled: boolean;
  readonly monthlyChargingEnabled: boolean;
  /**
   * The payment gateway's reference to the card. No document contains it; documents only say whether a card is stored.
   */
  readonly creditCardToken: string | null;
  readonly creditCardPartialNumber: string | null;
  /** `2027-05-01` */
  readonly creditCardExpiresOn: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const stored = { insert: true, update: true } as const;

const billingSwitch = {
  update: true,
  audited: true,
  document: "billing",
  set: { schema: Type.Boolean(), programsOnly: true, parse: parseRailsBoolean },
} as const;

/** Add a property here and to `Account`, its column in a migration, and its name to the reserved names of fields. */
export const accountFields = {
  id: {},
  // After a fail-over to an older state, all sequence numbers continue above a floor (0013_database_switches.sql).
  lastSequence: { read: "greatest(last_sequence, account_numbers_floor())" },
  lastRecordedIn: {},
  lastEventId: {},
  // Parsed as a field, whose definition may limit its values.
  orgName: { ...stored, audited: true, set: { schema: Type.String() } },
  state: { ...stored, audited: true },
  stateChangedAt: stored,
  deletionAt: { update: true },
  planId: stored,
  monthlyBillingEnabled: billingSwitch,
  monthlyChargingEnabled: billingSwitch,
  annotations: { ...stored, audited: true, set: { schema: annotationsSchema } },
  fields: { ...stored, audited: "each" },
  creditCardToken: { update: true },
  creditCardPartialNumber: { update: true, audited: true, document: "card" },
  creditCardExpiresOn: { update: true, audited: true, document: "card" },
  createdAt: {},
  updatedAt: {},
} as const satisfies SettableTable<Account>;

const readAccountStatement = `select ${selectList(accountFields)} from accounts where provider_id = $1 and id = $2`;

export async function readAccount(db: Database, providerId: number, id: number): Promise<Account | undefined> {
  const [account] = await db.query<Account>(readAccountStatement, [providerId, id]);
  return account;
}

const readAccountsStatement = `
  select ${selectList(accountFields)} from accounts where provider_id = $1 and id = any($2) order by id`;

/** Returns the existing accounts among `ids`, oldest first. */
export const readAccounts = (db: Database, providerId: number, ids: readonly number[]): Promise<Account[]> =>
  db.query<Account>(readAccountsStatement, [providerId, ids]);

/** A time span and the length of its parts. */
export interface CreatedSpan {
  readonly providerId: number;
  readonly sinceMs: number;
  /** Exclusive. */
  readonly untilMs: number;
  /** The length of a part. Parts begin at multiples of it since 1970. */
  readonly seconds: number;
}

const createdCounts = `(floor(extract(epoch from created_at) / $4) * $4 * 1000)::bigint as at_ms, count(*) as count`;
const isInSpan = `provider_id = $1 and created_at >= $2 and created_at < $3`;

// By accounts_created_idx and applications_created_idx.
const countCreatedStatements = {
  accounts: `select ${createdCounts} from accounts where ${isInSpan} group by at_ms`,
  applications: `select ${createdCounts} from applications where ${isInSpan} group by at_ms`,
};

/** Counts existing accounts or applications by the start of the part of the span in which they were created. */
export async function countCreated(
  db: Database,
  objects: keyof typeof countCreatedStatements,
  { providerId, sinceMs, untilMs, seconds }: CreatedSpan,
): Promise<ReadonlyMap<number, number>> {
  const values = [providerId, isoTime(sinceMs), isoTime(untilMs), seconds];
  const rows = await db.query<{ atMs: number; count: number }>(countCreatedStatements[objects], values);
  return new Map(rows.map(({ atMs, count }) => [atMs, count]));
}

// Locks the account until the transaction ends; rows that refer to it can still be written.
const lockAccountStatement = `${readAccountStatement} for no key update`;

/** Locks and returns an account, which stays unchanged until this transaction changes it or ends. */
export async function lockAccount(tx: Transaction, providerId: number, id: number): Promise<Account | undefined> {
  const [account] = await tx.query<Account>(lockAccountStatement, [providerId, id]);
  return account;
}

const insertAccountStatement = `
  insert into accounts (provider_id, created_at, updated_at, ${insertColumns(accountFields)})
  values ($1, $2, $2, ${insertParameters(accountFields, 3)})
  returning ${selectList(accountFields)}`;

type NewAccount = Omit<Pick<Account, Inserted<typeof accountFields>>, "stateChangedAt">;

export async function insertAccount(
  tx: Transaction,
  providerId: number,
  account: NewAccount,
  now: Date,
): Promise<Account> {
  const values = insertValues(accountFields, { ...account, stateChangedAt: now });
  return queryRow<Account>(tx, insertAccountStatement, [providerId, now, ...values]);
}

// Takes the sequence number of the change's event. Fails, as in account-events.ts, if that was taken since the row was read.
const updateAccountStatement = `
  update accounts
  set ${assignments(accountFields, 6)}, updated_at = $3, last_event_id = $5,
    last_sequence = case when greatest(last_sequence, account_numbers_floor()) = $4 then $4 + 1 end,
    last_recorded_in = greatest(last_recorded_in, transaction_number())
  where provider_id = $1 and id = $2`;

/** Writes a locked account, takes the sequence number and the id of the change's event, and returns the account as written. */
export function updateAccountRow(tx: Transaction, providerId: number, account: Account, now: Date): Account {
  const { id, lastSequence } = account;
  const values = updateValues(accountFields, account);
  const lastEventId = newEventId(tx, { now, after: account.lastEventId });
  tx.send(updateAccountStatement, [providerId, id, now, lastSequence, lastEventId, ...values]);
  return { ...account, updatedAt: now, lastSequence: lastSequence + 1, lastEventId };
}

/** Deletes an account with all rows that belong to it. */
export async function deleteAccountRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(`delete from accounts where provider_id = $1 and id = $2`, [providerId, id]);
}

/** Undefined criteria match every account. */
export interface AccountFilter {
  readonly state?: string | undefined;
  /** Part of the organisation's name, or of a user's name or email address, in any case. */
  readonly query?: string | undefined;
  /** Finds out which of these match. */
  readonly ids?: readonly number[] | undefined;
}

// Planned for its values, so that a missing state is no condition: then PostgreSQL counts and skips accounts along an index, without
// reading them. By accounts_state_idx for every state but approved.
const inState = `
  from accounts
  where provider_id = $1 and ($2::text is null or state = $2) and ($3::bigint[] is null or id = any($3))`;

const accountStatements: ListStatements = {
  page: `select id ${inState} order by id limit $4 offset $5 ${plannedEachTime}`,
  count: `select count(*) as count ${inState} ${plannedEachTime}`,
};

// Scans the provider's accounts and users once, for the page and the number of matches. Their union has each account once: a list
// of users' accounts beyond work_mem would be searched anew for each account.
const searchAccountsStatement = `
  with named as materialized (
    select id from accounts
    where provider_id = $1 and strpos(lower(org_name), lower($4)) > 0 and ($3::bigint[] is null or id = any($3))
  ), used as materialized (
    select account_id from users
    where provider_id = $1 and (strpos(lower(username), lower($4)) > 0 or strpos(lower(email), lower($4)) > 0)
      and ($3::bigint[] is null or account_id = any($3))
  ), found as materialized (
    select id from named union select account_id from used
  ), listed as materialized (
    select id from found
    where $2::text is null
      or exists (select from accounts where provider_id = $1 and accounts.id = found.id and accounts.state = $2)
  )
  select count(*) as total, array(select id from listed order by id limit $5 offset $6) as ids from listed
  ${plannedEachTime}`;

/** Returns the ids of a page of the matching accounts, oldest first, and the number of matches. */
export async function searchAccounts(
  db: Database,
  providerId: number,
  { state, query, ids }: AccountFilter,
  bounds: PageBounds,
): Promise<ListPage> {
  const values = [providerId, state ?? null, ids ?? null];
  if (query === undefined) return readListPage(db, accountStatements, values, bounds);
  const [found] = await db.query<ListPage>(searchAccountsStatement, [...values, query, bounds.limit, bounds.offset]);
  return found ?? { ids: [], total: 0 };
}

const accountNamesStatement = `
  select id, org_name as name from accounts where provider_id = $1 and id = any($2) order by id`;

/** Returns the names of accounts, oldest first. */
export const readAccountNames = (
  db: Database,
  providerId: number,
  ids: readonly number[],
): Promise<{ readonly id: number; readonly name: string }[]> => db.query(accountNamesStatement, [providerId, ids]);

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

/** An account, a user or an application that a text refers to. */
export interface FoundObject {
  readonly kind: "account" | "user" | "application";
  readonly id: number;
  readonly title: string;
  readonly detail: string | null;
  readonly accountId: number;
}

// Each finds at most five. $2 is the text, $3 the same as an id, or null. A name that begins with the text lies between it and the text followed by
// the last character, compared by bytes: accounts_name_idx. The primary key serves ids.
const accountsStatement = `
  select 'account' as kind, id, org_name as title, state as detail, id as account_id
  from (
    (select id, org_name, state from accounts where provider_id = $1 and id = $3)
    union
    (select id, org_name, state from accounts
      where provider_id = $1 and lower(org_name) ~>=~ lower($2) and lower(org_name) ~<~ (lower($2) || chr(1114111))
      order by lower(org_name) using ~<~
      limit 5)
  ) account
  order by id = $3 desc nulls last, lower(org_name), id
  limit 5`;

// By users_username_prefix_idx, users_email_prefix_idx and the primary key.
const usersStatement = `
  select 'user' as kind, id, username as title, email as detail, account_id
  from (
    (select id, username, email, account_id from users where provider_id = $1 and id = $3)
    union
    (select id, username, email, account_id from users
      where provider_id = $1 and lower(username) ~>=~ lower($2) and lower(username) ~<~ (lower($2) || chr(1114111))
      order by lower(username) using ~<~
      limit 5)
    union
    (select id, username, email, account_id from users
      where provider_id = $1 and lower(email) ~>=~ lower($2) and lower(email) ~<~ (lower($2) || chr(1114111))
      order by lower(email) using ~<~
      limit 5)
  ) found
  order by id = $3 desc nulls last, lower(username), id
  limit 5`;

// By applications_name_idx, applications_user_key_idx, applications_application_id_idx and the primary key. $4 is the
// caller's product scope.
const applicationsStatement = `
  select 'application' as kind, id, coalesce(nullif(trim(name), ''), 'Application ' || id) as title,
    application_id as detail, account_id
  from (
    (select * from applications where provider_id = $1 and id = $3)
    union
    (select * from applications where provider_id = $1 and user_key = $2 limit 5)
    union
    (select * from applications where provider_id = $1 and application_id = $2 limit 5)
    union
    (select * from applications
      where provider_id = $1 and lower(name) ~>=~ lower($2) and lower(name) ~<~ (lower($2) || chr(1114111))
        and ($4::bigint[] is null or product_id = any($4))
      order by lower(name) using ~<~
      limit 5)
  ) found
  where $4::bigint[] is null or product_id = any($4)
  order by id = $3 desc nulls last, lower(name), id
  limit 5`;

/**
 * Finds accounts, users and applications by id, key, email or the beginning of a name. Applications outside the caller's
 * product scope are left out.
 */
export async function findByText(
  db: Database,
  providerId: number,
  text: string,
  productScope: ProductScope,
): Promise<readonly FoundObject[]> {
  const values = [providerId, text, parseRowId(text)];
  const found = await Promise.all([
    db.query<FoundObject>(accountsStatement, values),
    db.query<FoundObject>(usersStatement, values),
    db.query<FoundObject>(applicationsStatement, [...values, productScope]),
  ]);
  return found.flat();
}
