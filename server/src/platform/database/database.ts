import { errorCode } from "../errors.ts";
import { classifyDatabaseError } from "./connection.ts";
import type { StatementPipeline } from "./pipeline.ts";

/** What makes a transaction one. It stays within this folder, so that only `runTransaction` can make a `Transaction`. */
const open: unique symbol = Symbol("an open transaction");

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

/** What a statement hears after one that failed, or after a `begin` that did. Then the failure of one that was sent is the one to tell. */
const afterAFailure: ReadonlySet<string | undefined> = new Set(["25P02", "25P01"]);

/** Hints that a transaction left, by channel. */
export type PendingHints = Map<string, Set<string>>;

/**
 * Runs `work` in a transaction on a line of its own. `begin` goes out with what is asked first, and `commit` with what is
 * sent last. Commits when `work` resolves and returns with the hints it left; rolls back when it rejects. Nothing is tried
 * again: who calls knows whether that makes sense.
 */
export async function runTransaction<T>(
  line: StatementPipeline,
  work: (tx: Transaction) => Promise<T>,
): Promise<{ result: T; hints: PendingHints }> {
  const hints: PendingHints = new Map();
  const sent: Promise<unknown>[] = [];
  let isOpen = true;
  const ask: StatementPipeline["ask"] = (text, values) => {
    if (!isOpen) throw new Error("This transaction has ended; a statement came too late. Is an await missing?");
    return line.ask(text, values);
  };
  const tellAtTheEnd = (answer: Promise<unknown>): void => {
    answer.catch(() => undefined);
    sent.push(answer);
  };
  tellAtTheEnd(line.begin());

  try {
    const result = await work({
      [open]: true,
      query: async (text, values = []) => (await ask(text, values)).rows,
      send: (text, values) => tellAtTheEnd(ask(text, values)),
      hintAfterCommit(channel, value) {
        hints.set(channel, (hints.get(channel) ?? new Set<string>()).add(value));
      },
    });
    isOpen = false;
    const [{ command }] = await Promise.all([line.ask("commit", []), ...sent]);
    // PostgreSQL answers with "rollback" when a statement failed before.
    if (command !== "COMMIT") throw new Error("The transaction was rolled back: one of its statements had failed.");
    return { result, hints };
  } catch (error) {
    isOpen = false;
    // Over a lost connection the server rolls back by itself: a silent one would only be waited for once more.
    if (classifyDatabaseError(error) !== "away") await line.ask("rollback", []).catch(() => undefined);
    if (afterAFailure.has(errorCode(error))) await Promise.all(sent);
    throw error;
  }
}

const uniqueViolation = "23505";

/**
 * For a transaction that looks whether a name is free and then takes it: if somebody else has taken it in between, it is
 * done once more, and then finds that it is taken.
 */
export async function retryOnUniqueViolation<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (errorCode(error) !== uniqueViolation) throw error;
    return work();
  }
}

/** A row as PostgreSQL writes it into JSON, where a moment is a text. For rows that come inside of another row. */
export type AsJson<Row> = {
  readonly [Name in keyof Row]: Row[Name] extends Date
    ? string
    : Row[Name] extends Date | null
      ? string | null
      : Row[Name];
};
