import type { Database, Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import type { Reencrypted } from "#webhooks/deliveries/index.ts";
import { type EndpointCiphers, cipherColumns, decryptEndpoint, isOutdated, reencryptRow } from "./endpoint-table.ts";
import type { Endpoint } from "./settings.ts";

/** The settings that past requests were made with. `readDeliverySettings` records them. */
export interface SentSettings extends Pick<Endpoint, "url" | "headers" | "secrets" | "undecryptable"> {
  readonly id: number;
  readonly eventSource: string;
  readonly userAgent: string;
}

type Row = Pick<SentSettings, "id" | "eventSource" | "userAgent"> & EndpointCiphers;

const readStatement = `
  select id, event_source, user_agent, ${cipherColumns} from sent_settings where provider_id = $1 and id = any($2)`;

/** Returns the recorded settings by their ids. */
export async function readSentSettings(
  db: Database,
  encryption: Encryption,
  { providerId, ids }: { readonly providerId: number; readonly ids: readonly number[] },
): Promise<ReadonlyMap<number, SentSettings>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<Row>(readStatement, [providerId, ids]);
  return new Map(
    rows.map(({ id, eventSource, userAgent, ...ciphers }) => [
      id,
      { id, eventSource, userAgent, ...decryptEndpoint(encryption, ciphers) },
    ]),
  );
}

// A record is used until a newer one of its endpoint exists or the endpoint is deleted. Attempts that refer to it expire
// with the history, except those of deliveries that are still due or on the failure list.
const deleteStatement = `
  delete from sent_settings
  where (provider_id, id) in (
    select sent.provider_id, sent.id
    from (select $1::timestamptz - make_interval(days => $2::integer + 1) as before) expiry
    join sent_settings sent on sent.recorded_at < expiry.before
    where (exists (select from sent_settings newer
        where newer.provider_id = sent.provider_id and newer.endpoint_id = sent.endpoint_id
          and newer.recorded_at > sent.recorded_at and newer.recorded_at < expiry.before)
      or exists (select from endpoints
        where endpoints.provider_id = sent.provider_id and endpoints.id = sent.endpoint_id
          and endpoints.deleted_at < expiry.before))
      and not exists (select from failures
        where failures.provider_id = sent.provider_id and failures.endpoint_id = sent.endpoint_id
          and failures.event_id < uuid_v7_floor(expiry.before))
      and not exists (select from due
        where due.endpoint_id = sent.endpoint_id and due.event_id < uuid_v7_floor(expiry.before))
    limit 1000)
  returning id`;

/**
 * Deletes records to which no stored attempt refers, at most 1,000, and returns their number. The history keeps whole
 * days, so a record outlives its end by a day more.
 */
export async function deleteOldSentSettings(db: Database, now: Date, retentionDays: number): Promise<number> {
  return (await db.query(deleteStatement, [now, retentionDays])).length;
}

interface EncryptedRow extends EndpointCiphers {
  readonly providerId: number;
  readonly id: number;
}

const batchRows = 100;

const selectOutdated = `
  select provider_id, id, ${cipherColumns}
  from sent_settings
  where id > $1 and ${isOutdated}
  order by id
  limit $3
  for update`;

const updateCiphers = `
  update sent_settings set url = $3, headers = $4, secret = $5, previous_secret = $6
  where provider_id = $1 and id = $2`;

/** Encrypts the values of older keys with the newest one, 100 records per transaction. */
export async function reencryptSentSettings(pool: Pool, encryption: Encryption): Promise<Reencrypted> {
  let [done, left, after] = [0, 0, 0];
  for (;;) {
    const rows = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<EncryptedRow>(selectOutdated, [after, encryption.keyIds[0], batchRows]);
      for (const row of batch) {
        const ciphers = reencryptRow(encryption, row);
        if (!ciphers) {
          left += 1;
          continue;
        }
        const { urlCipher, headersCipher, secretCipher, previousSecretCipher } = ciphers;
        const values = [urlCipher, headersCipher, secretCipher, previousSecretCipher];
        await tx.query(updateCiphers, [row.providerId, row.id, ...values]);
        done += 1;
      }
      return batch;
    });
    after = rows.at(-1)?.id ?? after;
    if (rows.length < batchRows) return { done, left };
  }
}
