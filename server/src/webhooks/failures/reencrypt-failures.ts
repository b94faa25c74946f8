import { bytesArray, plainArray } from "#platform/database/array-text.ts";
import type { Pool } from "#platform/database/database.ts";
import { UndecryptableValue, type Encryption } from "#platform/encryption/encryption.ts";
import type { Reencrypted } from "#webhooks/endpoints/index.ts";

interface Row {
  readonly providerId: number;
  readonly endpointId: number;
  readonly eventId: string;
  readonly cipher: Buffer;
}

const batchRows = 500;
const start: Omit<Row, "cipher"> = { providerId: 0, endpointId: 0, eventId: "00000000-0000-0000-0000-000000000000" };

// Along the primary key, so that each failure is looked at once. Rows that are being retried or deleted are passed over, as
// everywhere on this table: whoever waits for none of them cannot be part of a deadlock.
const select = `
  select provider_id, endpoint_id, event_id, url as cipher
  from failures
  where (provider_id, endpoint_id, event_id) > ($1::bigint, $2::bigint, $3::uuid) and substring(url from 2 for 4) <> $4
  order by provider_id, endpoint_id, event_id
  limit $5
  for update skip locked`;

const countLeft = `select count(*) as left from failures where substring(url from 2 for 4) <> $1`;

const update = `
  update failures set url = changed.url
  from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bytea[]) as changed (provider_id, endpoint_id, event_id, url)
  where failures.provider_id = changed.provider_id and failures.endpoint_id = changed.endpoint_id
    and failures.event_id = changed.event_id`;

/** Encrypts with the newest key the URLs of failures that an older key encrypted, 500 failures a transaction. */
export async function reencryptFailures(pool: Pool, encryption: Encryption): Promise<Reencrypted> {
  let [done, after] = [0, start];
  for (;;) {
    const { providerId, endpointId, eventId } = after;
    const rows = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<Row>(select, [providerId, endpointId, eventId, encryption.keyIds[0], batchRows]);
      const changed = batch.flatMap((row) => {
        const url = reencryptUrl(encryption, row.cipher);
        return url ? [{ ...row, url }] : [];
      });
      await tx.query(update, [
        plainArray(changed.map((row) => row.providerId)),
        plainArray(changed.map((row) => row.endpointId)),
        plainArray(changed.map((row) => row.eventId)),
        bytesArray(changed.map((row) => row.url)),
      ]);
      done += changed.length;
      return batch;
    });
    after = rows.at(-1) ?? after;
    if (rows.length < batchRows) break;
  }
  const [counted] = await pool.query<{ left: number }>(countLeft, [encryption.keyIds[0]]);
  return { done, left: counted?.left ?? 0 };
}

function reencryptUrl(encryption: Encryption, cipher: Buffer): Buffer | null {
  try {
    return encryption.reencrypt("endpoint url", cipher);
  } catch (error) {
    if (error instanceof UndecryptableValue) return null;
    throw error;
  }
}
