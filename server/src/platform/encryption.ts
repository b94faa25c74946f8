import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import type { Pool } from "./database/database.ts";
import { CannotStart } from "./errors.ts";

/** Encrypts values at rest. Each purpose has its own key, so a ciphertext is useless for another purpose. */
export interface Encryption {
  encrypt(purpose: string, plain: string): Buffer;
  /** Throws UndecryptableValue if no available key encrypted the value, or if it was altered. */
  decrypt(purpose: string, cipher: Buffer): string;
  /** Re-encrypts a value with the newest key. Returns null if the newest key encrypted it. */
  reencrypt(purpose: string, cipher: Buffer): Buffer | null;
  /**
   * Returns fingerprints of a text, one for each key, newest first: the key's id, and an HMAC-SHA-256. Without the key, nobody can find out a
   * password in the text by guesses.
   */
  fingerprints(purpose: string, text: string): readonly Buffer[];
  /** Ids of the keys, newest first: 4 bytes each. */
  readonly keyIds: readonly Buffer[];
}

/** A ciphertext that no available key can decrypt. The message completes "It cannot be decrypted: …". */
export class UndecryptableValue extends Error {
  override readonly name = "UndecryptableValue";
}

/** Returns what `decrypt` returns, or undefined if no available key decrypts the value. */
export function ifDecryptable<Result>(decrypt: () => Result): Result | undefined {
  try {
    return decrypt();
  } catch (error) {
    if (error instanceof UndecryptableValue) return undefined;
    throw error;
  }
}

/*
 * A ciphertext is: version (1 byte), key id (4), nonce (12), tag (16), AES-256-GCM of the plain text. A random nonce of
 * 96 bits is safe for some 2^32 values of one purpose.
 */
const version = 1;
const keyIdEnds = 5;
const nonceEnds = 17;
const tagBytes = 16;
const tagEnds = nonceEnds + tagBytes;

/** Creates the encryption. Keys are 32 random bytes each, newest first: the first encrypts, all decrypt. */
export function createEncryption(keys: readonly Buffer[]): Encryption {
  const [newest, ...older] = keys.map(keyring);
  if (!newest) throw new Error("Encryption needs a key.");
  const rings = [newest, ...older];

  const encryption: Encryption = {
    keyIds: rings.map((ring) => ring.id),

    fingerprints: (purpose, text) =>
      rings.map((ring) =>
        Buffer.concat([ring.id, createHmac("sha256", ring.keyFor(purpose)).update(text, "utf8").digest()]),
      ),

    encrypt(purpose, plain) {
      const head = Buffer.from([version, ...newest.id]);
      const nonce = randomBytes(nonceEnds - keyIdEnds);
      const cipher = createCipheriv("aes-256-gcm", newest.keyFor(purpose), nonce).setAAD(head);
      const data = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return Buffer.concat([head, nonce, cipher.getAuthTag(), data]);
    },

    decrypt(purpose, encrypted) {
      const head = encrypted.subarray(0, keyIdEnds);
      const keyId = keyIdOf(encrypted);
      const ring = rings.find((one) => one.id.equals(keyId));
      if (head[0] !== version || !ring) {
        throw new UndecryptableValue(`it was encrypted with another BELLWIRE_SECRET_KEY (${keyId.toString("hex")})`);
      }
      try {
        const nonce = encrypted.subarray(keyIdEnds, nonceEnds);
        const decipher = createDecipheriv("aes-256-gcm", ring.keyFor(purpose), nonce, { authTagLength: tagBytes })
          .setAAD(head)
          .setAuthTag(encrypted.subarray(nonceEnds, tagEnds));
        return decipher.update(encrypted.subarray(tagEnds), undefined, "utf8") + decipher.final("utf8");
      } catch (error) {
        throw new UndecryptableValue("it was altered since it was encrypted", { cause: error });
      }
    },

    reencrypt(purpose, cipher) {
      const isNewest = keyIdOf(cipher).equals(newest.id);
      return isNewest ? null : encryption.encrypt(purpose, encryption.decrypt(purpose, cipher));
    },
  };
  return encryption;
}

/** Returns whether one of two fingerprints has the key of the other. */
export const haveSameKey = (one: Buffer, other: Buffer): boolean =>
  one.subarray(0, keyIdEnds - 1).equals(other.subarray(0, keyIdEnds - 1));

/** Returns the id of the key that encrypted a value. */
const keyIdOf = (cipher: Buffer): Buffer => cipher.subarray(1, keyIdEnds);

/** The id of a key, and the keys derived from it, each derived once. */
function keyring(key: Buffer): { readonly id: Buffer; keyFor(purpose: string): Buffer } {
  const derived = new Map<string, Buffer>();
  return {
    // A hash, because the id is stored beside each ciphertext and must not reveal the key.
    id: createHash("sha256")
      .update("key id")
      .update(key)
      .digest()
      .subarray(0, keyIdEnds - 1),
    keyFor(purpose) {
      const known = derived.get(purpose);
      if (known) return known;
      const newKey = Buffer.from(hkdfSync("sha256", key, "", purpose, 32));
      derived.set(purpose, newKey);
      return newKey;
    },
  };
}

const purpose = "key check";
const sentinel = "This key can read what it wrote.";

// One row for each key that ever encrypted something in this cell.
const readAll = `select key_id, sentinel from key_checks`;
const insert = `insert into key_checks (key_id, sentinel) values ($1, $2) on conflict (key_id) do nothing`;

/** Returns whether a key has encrypted something in this database. */
export const isEncrypted = async (pool: Pool): Promise<boolean> => (await pool.query(readAll)).length > 0;

/**
 * Refuses to start if a key that encrypted something in this database is missing or wrong: better than a failure at the first
 * delivery. Registers the newest key.
 */
export async function verifyKeys(pool: Pool, encryption: Encryption): Promise<void> {
  const checks = await pool.query<{ keyId: Buffer; sentinel: Buffer }>(readAll);
  const missing = checks.filter((check) => !canRead(encryption, check.sentinel));
  if (missing.length > 0) {
    throw new CannotStart(
      `The database was encrypted with another BELLWIRE_SECRET_KEY (${missing.map(({ keyId }) => keyId.toString("hex")).join(", ")}). ` +
        "Give that key too: separate several keys by commas, the newest first.",
    );
  }
  const [newest] = encryption.keyIds;
  await pool.inTransaction((tx) => tx.query(insert, [newest, encryption.encrypt(purpose, sentinel)]));
}

const retire = `delete from key_checks where key_id <> $1 returning encode(key_id, 'hex') as "keyId"`;

/**
 * Removes all keys except the newest from the check, so that a start without them succeeds. Call it only when nothing is
 * encrypted with them. Returns their ids in hexadecimal.
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
