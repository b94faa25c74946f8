import type { Product } from "#portal/products/index.ts";

const lengthMin = 5;
const lengthMax = 255;
const printable = /^[\x21-\x7e]+$/;

/** What is wrong with the value of a key. */
export function wrongKey(value: string): readonly string[] {
  if (value.length < lengthMin) return [`is too short (minimum is ${lengthMin} characters)`];
  if (value.length > lengthMax) return [`is too long (maximum is ${lengthMax} characters)`];
  return printable.test(value) ? [] : ["is invalid"];
}

/** How many keys an application can have: a client has one secret. */
export const keysMax = ({ backendVersion }: Product): number => (backendVersion === "oauth" ? 1 : 5);
