import { createPasswordHasher } from "#access/credentials.ts";

/** The minimum parameters of argon2 (RFC 9106, 3.1). With the product's, hashing took a fifth of the tests' time. */
export const passwords = createPasswordHasher({ memoryKiB: 8, passes: 1, parallelism: 1 });
