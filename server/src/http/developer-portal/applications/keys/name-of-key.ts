import { digestOf } from "#access/index.ts";

const signs = 16;

/** How a path names a key. The key itself has no place in logs and in a browser's history. */
export const nameOfKey = (value: string): string => digestOf(value).toString("hex").slice(0, signs);
