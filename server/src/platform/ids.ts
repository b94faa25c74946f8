import { hash, randomBytes, randomFillSync } from "node:crypto";

/** As many digits as the largest integer has that JavaScript holds exactly. */
const idShape = /^[1-9]\d{0,15}$/;

/** Returns the id that a text holds, or undefined if no row can have it. */
export function parseRowId(text: string): number | undefined {
  const id = idShape.test(text) ? Number(text) : undefined;
  return id !== undefined && Number.isSafeInteger(id) ? id : undefined;
}

/** A number from 0 up to 1, of which nobody need be unable to guess the next. */
export const randomFraction = (): number => Math.random();

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** `bytes` random bytes as lower-case hexadecimal. */
export const randomHex = (bytes: number): string => randomBytes(bytes).toString("hex");

/** `length` random characters of lower-case base 32 (5 bits each): safe in URLs and file names, easy to read aloud. */
export const randomBase32 = (length: number): string =>
  Array.from(randomBytes(length), (byte) => base32.charAt(byte & 31)).join("");

/** For somebody who chose none: 80 random bits, which nobody guesses and everybody can type. */
export const randomPassword = (): string => randomBase32(16);

const pool = Buffer.alloc(16 * 256);
let used = pool.length;
let lastMs = 0;
let counter = 0;

/**
 * A clock that is set back further was wrong before: ids that went on in a future that never comes would lie in days for
 * which the history has no room yet, and nothing could be recorded until the process is started again.
 */
const stepBackMaxMs = 10_000;

/**
 * A UUIDv7 (RFC 9562 §5.7) for `nowMs`, milliseconds since 1970. Ids of one process rise strictly: within a millisecond
 * by a 12-bit counter (method 1 of §6.2), and a clock that steps back by up to ten seconds is answered with the last
 * millisecond again. One that steps back further is followed.
 */
export function newUuidV7(nowMs: number): string {
  if (nowMs > lastMs || nowMs < lastMs - stepBackMaxMs) {
    lastMs = nowMs;
    counter = 0;
  } else {
    counter += 1;
    if (counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
  }
  const bytes = randomBytesOfPool();
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// One call of the system's generator for 256 ids: 0.1 µs an id instead of 1 µs.
function randomBytesOfPool(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return pool.subarray(used - 16, used);
}

/** SHA-256, for secrets that are random themselves: nothing to guess, so neither salt nor slowness is needed. */
export const secretDigest = (value: string): Buffer => hash("sha256", value, "buffer");
