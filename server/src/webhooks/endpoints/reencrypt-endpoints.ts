import type { Pool, Transaction } from "#platform/database/database.ts";
import { UndecryptableValue, type Encryption } from "#platform/encryption/encryption.ts";
import { purposes, type EndpointCiphers } from "./endpoints-table.ts";

/** How many rows were encrypted again, and how many are left: undecryptable, or locked by somebody else. */
export interface Reencrypted {
  readonly done: number;
  readonly left: number;
}

interface Row extends EndpointCiphers {
  readonly providerId: number;
  readonly id: number;
}

const batchRows = 100;

// By id, so that each endpoint is looked at once: those that cannot be decrypted stay as they are. Deleted ones too, since
// their failures may still be listed. The four bytes behind the version name a ciphertext's key. Locked, so that a change at the same time waits and is then refused as outdated.
const select = `
  select provider_id, id, url as "urlCipher", headers as "headersCipher", secret as "secretCipher",
    previous_secret as "previousSecretCipher"
  from endpoints
  where id > $1 and $2::bytea <> any(array[substring(url from 2 for 4), substring(secret from 2 for 4),
    coalesce(substring(headers from 2 for 4), $2), coalesce(substring(previous_secret from 2 for 4), $2)])
  order by id
  limit $3
  for update`;

// The version tells engines to read the endpoint again: failures that they record keep the URL as they have it.
const update = `
  update endpoints set url = $3, headers = $4, secret = $5, previous_secret = $6, version = version + 1
  where provider_id = $1 and id = $2`;

/** Encrypts with the newest key whatever of the endpoints an older key encrypted, 100 endpoints a transaction. */
export async function reencryptEndpoints(pool: Pool, encryption: Encryption): Promise<Reencrypted> {
  let [done, left, after] = [0, 0, 0];
  for (;;) {
    const rows = await pool.inTransaction(async (tx) => {
      const batch = await tx.query<Row>(select, [after, encryption.keyIds[0], batchRows]);
      for (const row of batch) {
        const changed = reencryptRow(encryption, row);
        if (changed) await store(tx, row, changed);
        if (changed) done += 1;
        else left += 1;
      }
      return batch;
    });
    after = rows.at(-1)?.id ?? after;
    if (rows.length < batchRows) return { done, left };
  }
}

async function store(tx: Transaction, { providerId, id }: Row, it: EndpointCiphers): Promise<void> {
  const values = [it.urlCipher, it.headersCipher, it.secretCipher, it.previousSecretCipher];
  await tx.query(update, [providerId, id, ...values]);
  tx.hintAfterCommit("endpoints", String(id));
}

/** Returns undefined if a value of the endpoint cannot be decrypted. */
function reencryptRow(encryption: Encryption, row: EndpointCiphers): EndpointCiphers | undefined {
  const reencrypt = (purpose: string, cipher: Buffer): Buffer => encryption.reencrypt(purpose, cipher) ?? cipher;
  const { urlCipher, headersCipher, secretCipher, previousSecretCipher } = row;
  try {
    return {
      urlCipher: reencrypt(purposes.url, urlCipher),
      headersCipher: headersCipher && reencrypt(purposes.headers, headersCipher),
      secretCipher: reencrypt(purposes.secret, secretCipher),
      previousSecretCipher: previousSecretCipher && reencrypt(purposes.secret, previousSecretCipher),
    };
  } catch (error) {
    if (error instanceof UndecryptableValue) return undefined;
    throw error;
  }
}
