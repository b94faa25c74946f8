import { LRUCache } from "lru-cache";
import type { Database, Transaction } from "#platform/database/database.ts";
import { readCachedDocumentSettings } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type VersionedAccount, readVersionedAccount } from "./account-details.ts";
import type { AccountWithSettings } from "./account-document.ts";

// Versions name what an account says for ever, so what is remembered is never stale: it is what the versions say now, which
// are read each time, or it is read anew. Some 40 MB, with the node and the text of each, which are made once: more than a
// kilobyte for the account, for each user and for each plan.
const accountCache = new LRUCache<number, VersionedAccount>({
  maxSize: 30_000,
  sizeCalculation: ({ whole }) => 1 + whole.users.length + whole.plans.length,
});

/** Keeps what an account says from now on: also before it is committed, since nobody else will ever name it so. */
export function cacheAccount(account: VersionedAccount): void {
  accountCache.set(account.whole.account.id, account);
}

// Both versions in one text, as the driver takes some microseconds for a column. A third of what it takes to read the account.
// Served by the primary keys of accounts and providers.
const readVersionsStatement = `
  select concat(version, ' ', (select configuration_version from providers where id = $1)) as versions
  from accounts
  where provider_id = $1 and id = $2`;

const versionsOf = ({ whole, configurationVersion }: VersionedAccount): string =>
  `${whole.account.version} ${configurationVersion}`;

interface VersionedAccountWithSettings extends AccountWithSettings {
  readonly configurationVersion: string;
}

/** The account as it is, for the cost of its versions if it is remembered. */
export async function readAccountDetails(
  db: Database,
  provider: Provider,
  id: number,
): Promise<AccountWithSettings | undefined> {
  const known = accountCache.get(id);
  const found = known
    ? await readThroughCache(db, readVersionsStatement, provider, known)
    : await readAndCache(db, provider, id);
  return found && addSettings(db, provider, found);
}

const lockAccountRowStatement = `select from accounts where provider_id = $1 and id = $2 for no key update`;
const lockVersionsStatement = `${readVersionsStatement} for no key update`;

/**
 * Locks the account, as `lockAccount` does, and gives it as it is until this transaction changes it or ends. Everybody locks
 * it before they change its users, subscriptions or applications, so what is read by a statement after the lock stays as it
 * is read. One round trip, or two if somebody else has changed what is remembered.
 */
export async function lockAccountDetails(
  tx: Transaction,
  provider: Provider,
  id: number,
): Promise<VersionedAccountWithSettings | undefined> {
  const known = accountCache.get(id);
  const found = known
    ? await readThroughCache(tx, lockVersionsStatement, provider, known)
    : await lockAndRead(tx, provider, id);
  return found && addSettings(tx, provider, found);
}

async function lockAndRead(tx: Transaction, provider: Provider, id: number): Promise<VersionedAccount | undefined> {
  const [locked, found] = await Promise.all([
    tx.query(lockAccountRowStatement, [provider.id, id]),
    readAndCache(tx, provider, id),
  ]);
  return locked.length > 0 ? found : undefined;
}

async function readThroughCache(
  db: Database,
  statement: string,
  provider: Provider,
  known: VersionedAccount,
): Promise<VersionedAccount | undefined> {
  const { id } = known.whole.account;
  const [now] = await db.query<{ versions: string }>(statement, [provider.id, id]);
  if (!now) {
    accountCache.delete(id); // who is gone is not kept
    return undefined;
  }
  return now.versions === versionsOf(known) ? known : readAndCache(db, provider, id);
}

async function readAndCache(db: Database, provider: Provider, id: number): Promise<VersionedAccount | undefined> {
  const found = await readVersionedAccount(db, provider.id, id);
  if (found) cacheAccount(found);
  return found;
}

const addSettings = async (
  db: Database,
  provider: Provider,
  found: VersionedAccount,
): Promise<VersionedAccountWithSettings> => ({
  ...found,
  settings: await readCachedDocumentSettings(db, provider, found.configurationVersion),
});
