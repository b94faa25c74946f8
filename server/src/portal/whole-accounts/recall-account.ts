import { LRUCache } from "lru-cache";
import type { Database, Transaction } from "#platform/database/database.ts";
import { recallDocumentSettings } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";

import { readVersionedAccount, type VersionedAccount, type VersionsBeside } from "./read-whole-accounts.ts";
import type { AccountInFull } from "./whole-account.ts";

// Versions name what an account says for ever, so what is remembered is never stale: it is what the versions say now, which
// are read each time, or it is read anew. Some 20 MB: a user or a plan of an account takes some 0.5 KB.
const remembered = new LRUCache<number, VersionedAccount>({
  maxSize: 40_000,
  sizeCalculation: ({ whole }) => 1 + whole.users.length,
});

/** Keeps what an account says from now on: also before it is committed, since nobody else will ever name it so. */
export function rememberAccount(account: VersionedAccount): void {
  remembered.set(account.whole.account.id, account);
}

interface Versions extends VersionsBeside {
  readonly version: string;
}

// Half of what it takes to read the account. Served by the primary keys of accounts, providers and plans.
const versionsStatement = `
  select version, (select fields_version from providers where id = $1) as "fieldsVersion",
    array(select version from plans where provider_id = $1 and id = any ($3) order by id) as "planVersions"
  from accounts
  where provider_id = $1 and id = $2`;

/** The account as it is, for the cost of its versions if it is remembered. */
export async function readAccountInFull(
  db: Database,
  provider: Provider,
  id: number,
): Promise<AccountInFull | undefined> {
  const known = remembered.get(id);
  const found = known ? await recall(db, versionsStatement, provider, known) : await readAnew(db, provider, id);
  return found && inFull(db, provider, found);
}

const lockStatement = `select from accounts where provider_id = $1 and id = $2 for no key update`;
const lockVersionsStatement = `${versionsStatement} for no key update`;

/** An account that stays as it is until this transaction changes it or ends. */
export interface LockedAccount extends AccountInFull, VersionsBeside {}

/**
 * Locks the account, as `lockAccount` does, and gives it as it is. Everybody locks it before they change its users,
 * subscriptions or applications, so what is read by a statement after the lock stays as it is read. One round trip, or two
 * if somebody else has changed what is remembered.
 */
export async function lockAccountInFull(
  tx: Transaction,
  provider: Provider,
  id: number,
): Promise<LockedAccount | undefined> {
  const known = remembered.get(id);
  const found = known ? await recall(tx, lockVersionsStatement, provider, known) : await lockAndRead(tx, provider, id);
  return found && { ...(await inFull(tx, provider, found)), ...found };
}

async function lockAndRead(tx: Transaction, provider: Provider, id: number): Promise<VersionedAccount | undefined> {
  const [locked, found] = await Promise.all([tx.query(lockStatement, [provider.id, id]), readAnew(tx, provider, id)]);
  return locked.length > 0 ? found : undefined;
}

async function recall(
  db: Database,
  statement: string,
  provider: Provider,
  known: VersionedAccount,
): Promise<VersionedAccount | undefined> {
  const { account, plans } = known.whole;
  const planIds = plans.map((plan) => plan.id);
  const [versions] = await db.query<Versions>(statement, [provider.id, account.id, planIds]);
  if (!versions) return undefined;
  return isStillSo(known, versions) ? known : readAnew(db, provider, account.id);
}

const isStillSo = ({ whole, fieldsVersion, planVersions }: VersionedAccount, now: Versions): boolean =>
  whole.account.version === now.version &&
  fieldsVersion === now.fieldsVersion &&
  planVersions.length === now.planVersions.length &&
  planVersions.every((version, index) => version === now.planVersions[index]);

async function readAnew(db: Database, provider: Provider, id: number): Promise<VersionedAccount | undefined> {
  const found = await readVersionedAccount(db, provider.id, id);
  if (found) rememberAccount(found);
  return found;
}

const inFull = async (
  db: Database,
  provider: Provider,
  { whole, fieldsVersion }: VersionedAccount,
): Promise<AccountInFull> => ({ whole, settings: await recallDocumentSettings(db, provider, fieldsVersion) });
