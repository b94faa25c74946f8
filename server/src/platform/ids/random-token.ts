import { randomBytes } from "node:crypto";

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** `bytes` random bytes as lower-case hexadecimal. */
export const randomHex = (bytes: number): string => randomBytes(bytes).toString("hex");

/** `length` random characters of lower-case base 32 (5 bits each): safe in URLs and file names, easy to read aloud. */
export const randomBase32 = (length: number): string =>
  Array.from(randomBytes(length), (byte) => base32.charAt(byte & 31)).join("");

/** For somebody who chose none: 80 random bits, which nobody guesses and everybody can type. */
export const randomPassword = (): string => randomBase32(16);
