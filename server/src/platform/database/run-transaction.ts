import type pg from "pg";
import { codeOf } from "#platform/config/error-words.ts";
import type { Transaction } from "./database.ts";
import { troubleOf } from "./database-trouble.ts";
import { prepared } from "./prepared.ts";
import { open } from "./transaction-mark.ts";

/** What PostgreSQL says to every statement after one that failed. Then the failure of one that was sent is the one to tell. */
const afterAFailure = "25P02";

/** Hints that a transaction left, by channel. */
export type HintsLeft = Map<string, Set<string>>;

/**
 * Runs `work` in a transaction on `client`, which must pipeline. Commits when it resolves and returns with the hints it
 * left; rolls back when it rejects. Nothing is tried again: who calls knows whether that makes sense.
 */
export async function runTransaction<T>(
  client: pg.ClientBase,
  work: (tx: Transaction) => Promise<T>,
): Promise<{ result: T; hints: HintsLeft }> {
  const hints: HintsLeft = new Map();
  const sent: Promise<unknown>[] = [];
  const opening = openTransaction(client);
  let isOpen = true;
  const query = async (text: string, values: readonly unknown[]): Promise<pg.QueryResult> => {
    if (!isOpen) throw new Error("This transaction has ended; a statement came too late. Is an await missing?");
    if (opening.mustBeAwaitedBefore(text)) await opening.done;
    return client.query(prepared(text, values));
  };
  const tx: Transaction = {
    [open]: true,
    query: async (text, values = []) => (await query(text, values)).rows,
    send(text, values) {
      const answer = query(text, values);
      answer.catch(() => undefined); // it is told at the end
      sent.push(answer);
    },
    hintAfterCommit(channel, value) {
      hints.set(channel, (hints.get(channel) ?? new Set<string>()).add(value));
    },
  };

  try {
    const result = await work(tx);
    isOpen = false;
    await opening.done;
    // Goes out with what was sent last. PostgreSQL answers it with "rollback" when a statement failed before it.
    const [{ command }] = await Promise.all([client.query("commit"), ...sent]);
    if (command !== "COMMIT") throw new Error("The transaction was rolled back: one of its statements had failed.");
    return { result, hints };
  } catch (error) {
    isOpen = false;
    // Over a lost connection the server rolls back by itself: a silent one would only be waited for once more.
    if (troubleOf(error) !== "away") await client.query("rollback").catch(() => undefined);
    if (codeOf(error) === afterAFailure) await Promise.all(sent);
    throw error;
  }
}

/**
 * `begin` goes out together with a first statement that only reads or locks, and the answers come back together. A
 * statement that writes waits until the transaction is known to be open: a `begin` that is cancelled would leave it alone,
 * and committed.
 */
function openTransaction(client: pg.ClientBase) {
  let isOpen = false;
  let isAwaited = false;
  const done = client.query("begin");
  done.then(
    () => (isOpen = true),
    () => undefined, // it is awaited below, or before the commit
  );
  return {
    done,
    /** Once one statement waits, all do: they go out in the order in which they came. */
    mustBeAwaitedBefore: (text: string): boolean => !isOpen && (isAwaited ||= !/^\s*select\s/.test(text)),
  };
}
