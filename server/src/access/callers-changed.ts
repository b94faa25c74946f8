import type { Transaction } from "#platform/database/database.ts";

/** Where it is told that something of the callers of a provider has changed: itself, its users, their access tokens. */
export const callersChannel = "callers";

/**
 * For every write that could change what was read of a caller, so that nobody goes on by what they remember. What is only
 * added was never read, and a password is not remembered.
 */
export const callersChanged = (tx: Transaction, providerId: number): void =>
  tx.hintAfterCommit(callersChannel, String(providerId));
