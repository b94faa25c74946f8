import { codeOf } from "#platform/config/error-words.ts";
import type { Transaction } from "./database.ts";
import { troubleOf } from "./database-trouble.ts";
import type { StatementLine } from "./statement-line.ts";
import { open } from "./transaction-mark.ts";

/** What a statement hears after one that failed, or after a `begin` that did. Then the failure of one that was sent is the one to tell. */
const afterAFailure: ReadonlySet<string | undefined> = new Set(["25P02", "25P01"]);

/** Hints that a transaction left, by channel. */
export type HintsLeft = Map<string, Set<string>>;

/**
 * Runs `work` in a transaction on a line of its own. `begin` goes out with what is asked first, and `commit` with what is
 * sent last. Commits when `work` resolves and returns with the hints it left; rolls back when it rejects. Nothing is tried
 * again: who calls knows whether that makes sense.
 */
export async function runTransaction<T>(
  line: StatementLine,
  work: (tx: Transaction) => Promise<T>,
): Promise<{ result: T; hints: HintsLeft }> {
  const hints: HintsLeft = new Map();
  const sent: Promise<unknown>[] = [];
  let isOpen = true;
  const ask: StatementLine["ask"] = (text, values) => {
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
    if (troubleOf(error) !== "away") await line.ask("rollback", []).catch(() => undefined);
    if (afterAFailure.has(codeOf(error))) await Promise.all(sent);
    throw error;
  }
}
