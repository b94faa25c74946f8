import { randomHex } from "#platform/ids/random-token.ts";

import type { ApplicationKey } from "../application.ts";

const bytes = 16;

/** A key that nobody can guess, unless a value is given. */
export const newKey = (now: Date, value: string = randomHex(bytes)): ApplicationKey => ({
  value,
  createdAt: now,
  updatedAt: now,
});
