import { createPasswordHasher } from "#access/passwords.ts";

/** The least that argon2 takes (RFC 9106, 3.1): tests guard nothing, and hashing was a fifth of their time. */
export const passwords = createPasswordHasher({ memoryKiB: 8, passes: 1, parallelism: 1 });
