import type pg from "pg";
import type { Transaction } from "./database.ts";
import { troubleOf } from "./database-trouble.ts";
import { prepared } from "./prepared.ts";
import { open } from "./transaction-mark.ts";

/** Hints that a transaction left, by channel. */
export type HintsLeft = Map<string, Set<string>>;

/**
 * Runs `work` in a transaction on `client`. Commits when it resolves and returns with the hints it left; rolls back when
 * it rejects. Nothing is tried again: who calls knows whether that makes sense.
 */
export async function runTransaction<T>(
  client: pg.ClientBase,
  work: (tx: Transaction) => Promise<T>,
): Promise<{ result: T; hints: HintsLeft }> {
  const hints: HintsLeft = new Map();
  let isOpen = true;
  const tx: Transaction = {
    [open]: true,
    async query(text, values = []) {
      if (!isOpen) throw new Error("This transaction has ended; a statement came too late. Is an await missing?");
      return (await client.query(prepared(text, values))).rows;
    },
    hintAfterCommit(channel, value) {
      hints.set(channel, (hints.get(channel) ?? new Set<string>()).add(value));
    },
  };

  await client.query("begin");
  try {
    const result = await work(tx);
    isOpen = false;
    // PostgreSQL answers a commit with "rollback" when a statement failed before and its error was swallowed.
    const { command } = await client.query("commit");
    if (command !== "COMMIT") throw new Error("The transaction was rolled back: one of its statements had failed.");
    return { result, hints };
  } catch (error) {
    isOpen = false;
    // Over a lost connection the server rolls back by itself: a silent one would only be waited for once more.
    if (troubleOf(error) !== "away") await client.query("rollback").catch(() => undefined);
    throw error;
  }
}
