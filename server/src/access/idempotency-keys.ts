import { leavingProviders } from "#platform/database/connection.ts";
import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { type Encryption, haveSameKey, ifDecryptable } from "#platform/encryption.ts";
import type { Actor } from "./permissions.ts";

/*
 * A client that lost a response repeats its request with the same `Idempotency-Key` header, and gets the response of the first one
 * (draft-ietf-httpapi-idempotency-key-header-07). The transaction of the change inserts the key. It therefore exists if and only if the
 * change was made, whatever is killed, and equal requests at the same time wait for each other. Of several transactions, it is the last
 * one: the others are steps. The response follows after the commit.
 */

/** Keys are kept so long at least, with their responses. */
export const keyHours = 24;

/** A longer response is not kept. API specifications may have 4 MiB, and their responses contain them. */
const responseLengthMax = 1024 * 1024;

const purpose = "recorded response";

/** A request that changes something, with its key. */
export interface KeyedRequest {
  readonly providerId: number;
  /** Keys of other callers are independent of these. */
  readonly actor: Actor;
  readonly key: string;
  /** Of all that may differ between two requests, with each secret key, newest first: a body may contain a password. */
  readonly fingerprints: readonly Buffer[];
}

export interface RecordedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What became of the first request with a key: its response; `other`, if it was another request; `unanswered`, if its response is not known
 * yet; `lost`, if its response will not be known.
 */
export type EarlierRequest = RecordedResponse | "other" | "unanswered" | "lost";

const ownerOf = ({ providerId, actor, key }: KeyedRequest): readonly unknown[] => [
  providerId,
  "userId" in actor ? `${actor.kind} ${actor.userId}` : actor.kind,
  key,
];

// By primary key. A request that is older than a minute is not running any more.
const findStatement = `
  select digest, response, recorded_at > now() - interval '1 minute' as is_recent
  from idempotency_keys
  where provider_id = $1 and caller = $2 and key = $3`;

/** Returns what became of an earlier request with the key, if that has changed something. */
export async function findEarlierRequest(
  db: Database,
  encryption: Encryption,
  request: KeyedRequest,
): Promise<EarlierRequest | undefined> {
  const [row] = await db.query<{ digest: Buffer; response: Buffer | null; isRecent: boolean }>(
    findStatement,
    ownerOf(request),
  );
  if (!row) return undefined;
  const { fingerprints } = request;
  const isSame = fingerprints.some((fingerprint) => row.digest.equals(fingerprint));
  // That of a key which is not used any more could be the same.
  if (!isSame) return fingerprints.some((each) => haveSameKey(row.digest, each)) ? "other" : "lost";
  if (row.response === null) return row.isRecent ? "unanswered" : "lost";
  const { response: cipher } = row;
  const plain = ifDecryptable(() => encryption.decrypt(purpose, cipher));
  if (plain === undefined) return "lost"; // another process has a newer key
  const response: RecordedResponse = JSON.parse(plain);
  return response;
}

/** Thrown by the transaction of a request whose change another request with the same key has made. Nothing was changed. */
export class KeyTaken extends Error {
  override readonly name = "KeyTaken";
}

// Waits for a transaction that inserts the same key. The key is locked first, so two equal requests cannot lock each other out.
const insertStatement = `
  insert into idempotency_keys (provider_id, caller, key, digest) values ($1, $2, $3, $4)
  on conflict do nothing
  returning true as "isNew"`;

/** The pool of one request with a key. */
export interface KeyedPool {
  /** Its first transaction that commits also inserts the key, or fails with `KeyTaken`. Those of its `steps` do not. */
  readonly pool: Pool;
  /** Returns whether a transaction has committed. */
  readonly hasCommitted: () => boolean;
}

export function withKey(pool: Pool, request: KeyedRequest): KeyedPool {
  let isInserted = false;
  const inTransaction = async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    if (isInserted) return pool.inTransaction(work);
    isInserted = true;
    try {
      return await pool.inTransaction(async (tx) => {
        const inserted = await tx.query(insertStatement, [...ownerOf(request), request.fingerprints[0]]);
        if (inserted.length === 0) throw new KeyTaken();
        return work(tx);
      });
    } catch (error) {
      isInserted = false;
      throw error;
    }
  };
  const { caches } = pool;
  return {
    pool: {
      caches,
      query: (text, values) => pool.query(text, values),
      inTransaction,
      inTurn: (turn, work) => pool.inTurn(turn, work),
      onHint: (channel, listener) => pool.onHint(channel, listener),
      steps: pool,
    },
    hasCommitted: () => isInserted,
  };
}

// A request that only had steps has no row yet. One that was made meanwhile keeps its response.
const recordStatement = `
  insert into idempotency_keys (provider_id, caller, key, digest, response) values ($1, $2, $3, $4, $5)
  on conflict (provider_id, caller, key) do update set response = excluded.response
  where idempotency_keys.digest = excluded.digest and idempotency_keys.response is null`;

/** Keeps the response of a request that was made. */
export async function recordResponse(
  db: Database,
  encryption: Encryption,
  { request, response }: { readonly request: KeyedRequest; readonly response: RecordedResponse },
): Promise<void> {
  const kept = response.body.length > responseLengthMax ? null : encryption.encrypt(purpose, JSON.stringify(response));
  await db.query(recordStatement, [...ownerOf(request), request.fingerprints[0], kept]);
}

const deleteStatement = `delete from idempotency_keys where provider_id = $1 and caller = $2 and key = $3`;

/** Forgets the key of a request that was refused, so that it can be repeated once its cause is removed. */
export async function deleteKey(db: Database, request: KeyedRequest): Promise<void> {
  await db.query(deleteStatement, ownerOf(request));
}

const forgetStatement = `
  update idempotency_keys set response = null where provider_id = $1 and response is not null`;

/** Forgets all responses of a provider, which may contain the data of an erased person. Their requests are still not made again. */
export async function forgetResponses(tx: Transaction, providerId: number): Promise<void> {
  await tx.query(forgetStatement, [providerId]);
}

// A ciphertext begins with its version, one byte, and the id of its key, four bytes.
const forgetOutdatedStatement = `
  update idempotency_keys set response = null where response is not null and substring(response from 2 for 4) <> $1
    and provider_id not in (${leavingProviders})`;

/** Forgets the responses that an older key has encrypted. */
export async function forgetOutdatedResponses(db: Database, { keyIds }: Encryption): Promise<void> {
  await db.query(forgetOutdatedStatement, [keyIds[0]]);
}

// Oldest first, by idempotency_keys_recorded_idx. Skips rows that another process deletes.
const deleteOldStatement = `
  with deleted as (
    delete from idempotency_keys
    where (provider_id, caller, key) in (
      select provider_id, caller, key from idempotency_keys
      where recorded_at < $1::timestamptz - make_interval(hours => $2) and provider_id not in (${leavingProviders})
      order by recorded_at limit 10000 for update skip locked)
    returning 1)
  select count(*)::integer as deleted from deleted`;

/** Deletes up to 10,000 keys that have expired, and returns how many. */
export const deleteOldKeys = async (db: Database, now: Date): Promise<number> =>
  (await queryRow<{ deleted: number }>(db, deleteOldStatement, [now, keyHours])).deleted;
