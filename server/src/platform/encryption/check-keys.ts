import { CannotStart } from "#platform/config/cannot-start.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Encryption } from "./encryption.ts";

const purpose = "key check";
const sentinel = "This key can read what it wrote.";

// Every key that ever encrypted anything here has a row.
const readAll = `select key_id, sentinel from key_checks`;
const insert = `insert into key_checks (key_id, sentinel) values ($1, $2) on conflict (key_id) do nothing`;

/**
 * Stops the start when a key is missing that encrypted something in this database, or when it is a wrong one: better now
 * than at the first delivery. Remembers the newest key.
 */
export async function checkKeys(pool: Pool, encryption: Encryption): Promise<void> {
  const checks = await pool.query<{ keyId: Buffer; sentinel: Buffer }>(readAll);
  const missing = checks.filter((check) => !canRead(encryption, check.sentinel));
  if (missing.length > 0) {
    throw new CannotStart(
      `The database was encrypted with another BELLWIRE_SECRET_KEY (${missing.map(({ keyId }) => keyId.toString("hex")).join(", ")}). ` +
        "Give that key too: several are written with commas between, the newest first.",
    );
  }
  const [newest] = encryption.keyIds;
  await pool.inTransaction((tx) => tx.query(insert, [newest, encryption.encrypt(purpose, sentinel)]));
}

const retire = `delete from key_checks where key_id <> $1 returning encode(key_id, 'hex') as "keyId"`;

/**
 * Forgets every key but the newest, so that a start without the older ones is not refused. Only for when nothing is encrypted
 * with them any more. Returns their ids in hexadecimal.
 */
export async function retireKeys(pool: Pool, encryption: Encryption): Promise<readonly string[]> {
  const rows = await pool.query<{ keyId: string }>(retire, [encryption.keyIds[0]]);
  return rows.map(({ keyId }) => keyId);
}

function canRead(encryption: Encryption, cipher: Buffer): boolean {
  try {
    return encryption.decrypt(purpose, cipher) === sentinel;
  } catch {
    return false;
  }
}
