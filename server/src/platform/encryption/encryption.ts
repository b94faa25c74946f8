import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";

/** Keeps values secret at rest. A purpose has a key of its own: what was encrypted for one is of no use for another. */
export interface Encryption {
  encrypt(purpose: string, plain: string): Buffer;
  /** Throws UnknownKey for what another key encrypted, and for what was tampered with. */
  decrypt(purpose: string, cipher: Buffer): string;
  /** Names of the keys, newest first: 4 bytes each. */
  readonly keyIds: readonly Buffer[];
}

class UnknownKey extends Error {
  override readonly name = "UnknownKey";

  constructor(keyId: Buffer) {
    super(`This was encrypted with another BELLWIRE_SECRET_KEY (${keyId.toString("hex")}).`);
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

/** `keys`: 32 random bytes each, newest first. The first encrypts, all of them decrypt. */
export function createEncryption(keys: readonly Buffer[]): Encryption {
  const [newest, ...older] = keys.map(keyring);
  if (!newest) throw new Error("Encryption needs a key.");
  const rings = [newest, ...older];

  return {
    keyIds: rings.map((ring) => ring.id),

    encrypt(purpose, plain) {
      const head = Buffer.from([version, ...newest.id]);
      const nonce = randomBytes(nonceEnds - keyIdEnds);
      const cipher = createCipheriv("aes-256-gcm", newest.keyFor(purpose), nonce).setAAD(head);
      const data = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return Buffer.concat([head, nonce, cipher.getAuthTag(), data]);
    },

    decrypt(purpose, it) {
      const head = it.subarray(0, keyIdEnds);
      const keyId = head.subarray(1);
      const ring = rings.find((one) => one.id.equals(keyId));
      if (head[0] !== version || !ring) throw new UnknownKey(keyId);
      const nonce = it.subarray(keyIdEnds, nonceEnds);
      const decipher = createDecipheriv("aes-256-gcm", ring.keyFor(purpose), nonce, { authTagLength: tagBytes })
        .setAAD(head)
        .setAuthTag(it.subarray(nonceEnds, tagEnds));
      return decipher.update(it.subarray(tagEnds), undefined, "utf8") + decipher.final("utf8");
    },
  };
}

/** A key's name, and the keys that are derived from it, each once. */
function keyring(key: Buffer): { readonly id: Buffer; keyFor(purpose: string): Buffer } {
  const derived = new Map<string, Buffer>();
  return {
    // Of a hash, since it stands beside every ciphertext: it says nothing about the key.
    id: createHash("sha256")
      .update("key id")
      .update(key)
      .digest()
      .subarray(0, keyIdEnds - 1),
    keyFor(purpose) {
      const known = derived.get(purpose);
      if (known) return known;
      const made = Buffer.from(hkdfSync("sha256", key, "", purpose, 32));
      derived.set(purpose, made);
      return made;
    },
  };
}
