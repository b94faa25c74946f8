import { type Pool, queryRow } from "#platform/database/database.ts";
import { bytesArray, plainArray, textArray } from "#platform/database/values.ts";
import { type Encryption, ifDecryptable } from "#platform/encryption.ts";
import { firstUuid } from "#platform/ids.ts";
import { decryptUrl } from "./failures.ts";

/** The rest is undecryptable, or locked by another transaction. */
export interface Reencrypted {
  readonly done: number;
  readonly left: number;
}

interface EncryptedFailure {
  readonly providerId: number;
  readonly endpointId: number;
  readonly eventId: string;
  readonly cipher: Buffer;
}

const batchRows = 500;
const firstKey: Omit<EncryptedFailure, "cipher"> = {
  providerId: 0,
  endpointId: 0,
  eventId: firstUuid,
};

// Along the primary key, so that each failure is read once. Skips rows that are being retried or deleted, as every
// statement on this table does, so that none can be part of a deadlock.
const selectOutdated = `
  select provider_id, endpoint_id, event_id, url as cipher
  from failures
  where (provider_id, endpoint_id, event_id) > ($1::bigint, $2::bigint, $3::uuid) and substring(url from 2 for 4) <> $4
  order by provider_id, endpoint_id, event_id
  limit $5
  for update skip locked`;

const countLeft = `
  select (select count(*) from failures where substring(url from 2 for 4) <> $1)
    + (select count(*) from deleted_failures where substring(url from 2 for 4) <> $1) as left`;

// Deleted failures return to the list if the deletion is undone within a minute. Along the place of the rows in the table: a row
// that was updated moves behind all others, but has the newest key.
const selectOutdatedDeleted = `
  select ctid::text as row, url as cipher
  from deleted_failures
  where ctid > $1::tid and substring(url from 2 for 4) <> $2
  order by ctid
  limit $3
  for update skip locked`;

const updateDeletedUrls = `
  update deleted_failures set url = changed.url
  from unnest($1::tid[], $2::bytea[]) as changed (row, url)
  where deleted_failures.ctid = changed.row`;

const updateUrls = `
  update failures set url = changed.url
  from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bytea[]) as changed (provider_id, endpoint_id, event_id, url)
  where failures.provider_id = changed.provider_id and failures.endpoint_id = changed.endpoint_id
    and failures.event_id = changed.event_id`;

const updatedUrls = (changed: readonly (EncryptedFailure & { readonly url: Buffer })[]): readonly unknown[] => [
  plainArray(changed.map((row) => row.providerId)),
  plainArray(changed.map((row) => row.endpointId)),
  plainArray(changed.map((row) => row.eventId)),
  bytesArray(changed.map((row) => row.url)),
];

/** Encrypts the URLs of older keys with the newest one, 500 failures per transaction. Includes deletions that can be undone. */
export async function reencryptFailures(pool: Pool, encryption: Encryption): Promise<Reencrypted> {
  let [done, after] = [await reencryptDeletedFailures(pool, encryption), firstKey];
  for (;;) {
    const { providerId, endpointId, eventId } = after;
    const rows = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<EncryptedFailure>(selectOutdated, [
        providerId,
        endpointId,
        eventId,
        encryption.keyIds[0],
        batchRows,
      ]);
      const changed = batch.flatMap((row) => {
        const url = reencryptUrl(encryption, row.cipher);
        return url ? [{ ...row, url }] : [];
      });
      await tx.query(updateUrls, updatedUrls(changed));
      done += changed.length;
      return batch;
    });
    if (rows.length < batchRows) break;
    after = rows.at(-1) ?? after;
  }
  const { left } = await queryRow<{ left: number }>(pool, countLeft, [encryption.keyIds[0]]);
  return { done, left };
}

/** Returns how many rows it encrypted. */
async function reencryptDeletedFailures(pool: Pool, encryption: Encryption): Promise<number> {
  for (let [done, after] = [0, "(0,0)"]; ;) {
    const rows = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<{ row: string; cipher: Buffer }>(selectOutdatedDeleted, [
        after,
        encryption.keyIds[0],
        batchRows,
      ]);
      const changed = batch.flatMap(({ row, cipher }) => {
        const url = reencryptUrl(encryption, cipher);
        return url ? [{ row, url }] : [];
      });
      await tx.query(updateDeletedUrls, [
        textArray(changed.map(({ row }) => row)),
        bytesArray(changed.map(({ url }) => url)),
      ]);
      done += changed.length;
      return batch;
    });
    if (rows.length < batchRows) return done;
    after = rows.at(-1)?.row ?? after;
  }
}

// Waits for locks: others that lock these rows skip those that are locked here, so none waits in turn.
const selectOfEndpoint = `
  select provider_id, endpoint_id, event_id, url as cipher
  from failures
  where provider_id = $1 and endpoint_id = $2 and event_id > $3
  order by event_id
  limit $4
  for update`;

/**
 * Masks the URLs of an endpoint's failures. Undecryptable ones stay. None may be added meanwhile. Returns all ciphertexts that failures of
 * the endpoint have then, one for each URL: a failure that has another one was not on the list when its batch was read. Returns undefined if
 * `signal` has ended it before the last batch.
 */
export async function maskFailureUrls(
  pool: Pool,
  encryption: Encryption,
  { providerId, id, maskUrl }: { providerId: number; id: number; maskUrl: (url: string) => string },
  signal?: AbortSignal,
): Promise<readonly Buffer[] | undefined> {
  const masked = new Map<string, Buffer>();
  const undecryptable = new Map<string, Buffer>();
  const mask = (url: string): Buffer => {
    const known = masked.get(url) ?? encryption.encrypt("endpoint url", maskUrl(url));
    masked.set(url, known);
    return known;
  };
  for (let after: string | undefined = firstUuid; after !== undefined;) {
    if (signal?.aborted) return undefined;
    const from: string = after;
    after = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<EncryptedFailure>(selectOfEndpoint, [providerId, id, from, batchRows]);
      const changed = batch.flatMap((row) => {
        const url = decryptUrl(encryption, row.cipher);
        if (url !== "") return [{ ...row, url: mask(url) }];
        undecryptable.set(row.cipher.toString("hex"), row.cipher);
        return [];
      });
      await tx.query(updateUrls, updatedUrls(changed));
      return batch.length === batchRows ? batch.at(-1)?.eventId : undefined;
    });
  }
  return [...masked.values(), ...undecryptable.values()];
}

/** Returns undefined for an undecryptable URL, and null for one that the newest key encrypted. */
const reencryptUrl = (encryption: Encryption, cipher: Buffer): Buffer | null | undefined =>
  ifDecryptable(() => encryption.reencrypt("endpoint url", cipher));
