import { hash } from "node:crypto";

/** SHA-256, for secrets that are random themselves: nothing to guess, so neither salt nor slowness is needed. */
export const digestOf = (value: string): Buffer => hash("sha256", value, "buffer");
