import { type Hmac, type KeyObject, createHmac, createSecretKey, timingSafeEqual } from "node:crypto";

/** Signed content (https://www.standardwebhooks.com): `id.timestamp.body`. */
export interface SignedContent {
  readonly id: string;
  /** Unix time in seconds, as text or number. */
  readonly timestamp: string | number;
  readonly body: Uint8Array;
}

/** Enough for every endpoint of a large installation; a key takes some 200 bytes. */
const keysMax = 10_000;

/** Signs with HMAC-SHA256 and caches the keys of secrets. */
export class Signer {
  readonly #keys = new Map<string, KeyObject>();

  /** Returns one signature per secret, separated by spaces, so that a receiver with any of them can verify. */
  sign(content: SignedContent, secrets: readonly string[]): string {
    return secrets.map((secret) => `v1,${hmacOf(content, this.#keyOf(secret)).digest("base64")}`).join(" ");
  }

  #keyOf(secret: string): KeyObject {
    const known = this.#keys.get(secret);
    if (known) return known;
    if (this.#keys.size === keysMax) this.#keys.clear();
    const key = keyOfSecret(secret);
    this.#keys.set(secret, key);
    return key;
  }
}

/**
 * Returns true if one of the signatures was made with one of the secrets. Does not check the timestamp. Compares the text, as
 * receivers do: they refuse base64 for URLs or without padding.
 */
export function verifySignature(content: SignedContent, signatures: string, secrets: readonly string[]): boolean {
  const received = signatures.split(" ").map((part) => Buffer.from(part));
  return secrets.some((secret) => {
    const right = Buffer.from(`v1,${hmacOf(content, keyOfSecret(secret)).digest("base64")}`);
    return received.some((candidate) => candidate.length === right.length && timingSafeEqual(candidate, right));
  });
}

const keyOfSecret = (secret: string): KeyObject =>
  createSecretKey(Buffer.from(secret.replace(/^whsec_/, ""), "base64"));

const hmacOf = ({ id, timestamp, body }: SignedContent, key: KeyObject): Hmac =>
  createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
