/** What makes a transaction one. It stays within this folder, so that only `runTransaction` can make a `Transaction`. */
export const open: unique symbol = Symbol("an open transaction");
