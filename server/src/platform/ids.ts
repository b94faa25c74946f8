import { hash, randomBytes, randomFillSync } from "node:crypto";
import { timeAt } from "./times.ts";

/** The pattern of a row id within others. JavaScript's largest exact integer has 16 digits, and so have ids from September 2027 on. */
export const idPattern = String.raw`[1-9]\d{0,15}`;
const idShape = new RegExp(`^${idPattern}$`);

/** Parses a row id. Returns undefined for text that no row can have as its id. */
export function parseRowId(text: string): number | undefined {
  const id = idShape.test(text) ? Number(text) : undefined;
  return id !== undefined && Number.isSafeInteger(id) ? id : undefined;
}

/** Returns a number from 0 up to 1. Predictable: for jitter, not for secrets. */
export const randomFraction = (): number => Math.random();

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** Returns random bytes as lower-case hexadecimal digits. */
export const randomHex = (byteCount: number): string => randomBytes(byteCount).toString("hex");

/** Returns random characters of lower-case base 32 (5 bits each): safe in URLs and file names, easy to read aloud. */
export const randomBase32 = (length: number): string =>
  Array.from(randomBytes(length), (byte) => base32.charAt(byte & 31)).join("");

/** Returns a password of 80 random bits, short enough to type. */
export const randomPassword = (): string => randomBase32(16);

/** Returns the SHA-256 of a random secret, which needs neither a salt nor a slow hash. */
export const secretDigest = (value: string): Buffer => hash("sha256", value, "buffer");

/**
 * A clock that steps back further was wrong before. Ids that stayed in its future would belong to days that the history has no
 * tables for, and nothing could be recorded until a restart.
 */
const stepBackMaxMs = 10_000;

/** One call of the system's generator serves 256 ids: 0.1 µs per id instead of 1 µs. */
const idsPerRandomCall = 256;

/** Returns the time in a UUIDv7, in milliseconds since 1970 (RFC 9562, section 5.7). */
export const msOfUuidV7 = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** Returns the time in a UUIDv7. */
export const timeOfUuidV7 = (id: string): Date => timeAt(msOfUuidV7(id));

/** Returns the smallest UUIDv7 of a time in milliseconds since 1970, when times in ids begin. */
export const uuidV7Floor = (ms: number): string => {
  const hex = Math.max(0, ms).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
};

/** Below and above all UUIDv7s. */
export const firstUuid = "00000000-0000-0000-0000-000000000000";
export const lastUuid = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/**
 * Above all ids of rows, for SQL. A first page begins there: `$1 is null or id < $1` is no bound of an index in a plan for any values, so
 * each page would read all pages before it.
 */
export const lastRowId = "9223372036854775807";

/** Returns a UUIDv7 for a time in milliseconds since 1970. */
export type NewUuidV7 = (nowMs: number) => string;

/**
 * Creates a generator of UUIDv7s (RFC 9562 §5.7). Its ids ascend strictly: within a millisecond by a 12-bit counter (method 1
 * of §6.2), and while the clock is up to ten seconds behind, by repeating the last millisecond. Larger steps back are followed.
 */
export function createUuidV7Generator(): NewUuidV7 {
  const random = Buffer.alloc(16 * idsPerRandomCall);
  let used = random.length;
  let lastMs = 0;
  let counter = 0;

  const nextRandomBytes = (): Buffer => {
    if (used === random.length) {
      randomFillSync(random);
      used = 0;
    }
    used += 16;
    return random.subarray(used - 16, used);
  };
  const advance = (nowMs: number): void => {
    if (nowMs > lastMs || nowMs < lastMs - stepBackMaxMs) {
      lastMs = nowMs;
      counter = 0;
      return;
    }
    counter += 1;
    if (counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
  };
  return (nowMs) => {
    advance(nowMs);
    const bytes = nextRandomBytes();
    bytes.writeUIntBE(lastMs, 0, 6);
    bytes.writeUInt16BE(0x7000 | counter, 6);
    bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
    const hex = bytes.toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}

/** Creates a generator of UUIDv7s for the clock's time. */
export function createIdGenerator(clock: { now(): Date }): () => string {
  const newUuidV7 = createUuidV7Generator();
  return () => newUuidV7(clock.now().getTime());
}

/**
 * An access token or a provider key of this length cannot be guessed, so a valid one passes even while its network must wait. Of shorter
 * values, only those that have been valid from the address before are tried during that wait.
 */
export const unguessableLength = 32;
