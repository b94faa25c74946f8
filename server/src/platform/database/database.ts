import type { open } from "./transaction-mark.ts";

/** Reads. A pool or a transaction will do; a transaction sends at once what is asked at once. */
export interface Database {
  /** Returns the rows. Columns in snake_case become properties in camelCase, so no statement needs aliases for that. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Writes. Only `inTransaction` makes one, so "in the same transaction" is checked by the compiler. */
export interface Transaction extends Database {
  readonly [open]: true;

  /**
   * Writes without waiting for the answer, so that it goes out together with what follows, be it the commit. If it fails,
   * so does the transaction.
   */
  send(text: string, values: readonly unknown[]): void;

  /**
   * Leaves a hint for whoever listens on `channel`, sent once this transaction has committed. A hint saves waiting and
   * nothing else: it is dropped with a rollback, and lost when the process dies, so no promise may rest on it.
   */
  hintAfterCommit(channel: string, value: string): void;
}

export interface Pool extends Database {
  /** Commits when `work` resolves, rolls back when it rejects, and rejects with what `work` rejected with. */
  inTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;

  /** Calls `listener` with the values of each bundle of hints, whichever process left them. Returns how to stop. */
  onHint(channel: string, listener: (values: readonly string[]) => void): () => void;
}
