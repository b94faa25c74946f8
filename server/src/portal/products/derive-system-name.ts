import { randomHex } from "#platform/ids/random-token.ts";

const nameLengthMax = 255;
const endingBytes = 3;

/** The name that programs know something by, made from the name that people gave it: "Gold & Co." is `gold_co`. */
export function deriveSystemName(name: string): string {
  const derived = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .slice(0, nameLengthMax);
  // A system name has two characters or more.
  return derived.length === 1 ? `${derived}_` : derived || "unnamed";
}

const systemName = /^\w[\w/-]+$/;

export const isSystemName = (text: string): boolean => text.length <= nameLengthMax && systemName.test(text);

/** Another name, for when nobody chose the one that is taken. */
export const anotherSystemName = (taken: string): string =>
  `${taken.slice(0, nameLengthMax - 2 * endingBytes - 1)}_${randomHex(endingBytes)}`;
