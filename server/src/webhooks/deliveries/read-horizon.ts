import type { Database } from "#platform/database/database.ts";

/**
 * What PostgreSQL says about transactions that are still running. Every transaction below `oldestRunning` has ended;
 * `nextToStart` is the number that the next one to write will get; `at` was the time just before.
 */
export interface TransactionSample {
  readonly at: string;
  readonly oldestRunning: bigint;
  readonly nextToStart: bigint;
}

// A second off, since a row's due time is taken shortly before or after its transaction gets a number.
const statement = `
  select (statement_timestamp() - interval '1 second')::text as "at",
    transactions_horizon()::text as "oldestRunning",
    (transaction_numbers_skipped() + pg_snapshot_xmax(pg_current_snapshot())::text::bigint)::text as "nextToStart"`;

export async function sampleTransactions(db: Database): Promise<TransactionSample> {
  const [row] = await db.query<{ at: string; oldestRunning: string; nextToStart: string }>(statement);
  if (!row) throw new Error("PostgreSQL answered a select without rows");
  return { at: row.at, oldestRunning: BigInt(row.oldestRunning), nextToStart: BigInt(row.nextToStart) };
}

/**
 * How far a cursor may move without passing a row that a running transaction has yet to show. Rows become visible in
 * the order of commits, not of due times; so a cursor stays behind the newest moment for which it is known that every
 * transaction begun before it has ended. Only transactions that write count, and only those of this database: neither a
 * backup nor a neighbour holds it back.
 */
export class Horizon {
  #samples: TransactionSample[] = [];
  #at = "-infinity";

  /** The moment that cursors may reach in a read that begins now, or later. */
  get at(): string {
    return this.#at;
  }

  /** Takes a newer sample, for the reads that begin from now on. */
  advance(sample: TransactionSample): void {
    this.#samples.push(sample);
    while (this.#samples[0] && this.#samples[0].nextToStart <= sample.oldestRunning) {
      this.#at = this.#samples[0].at;
      this.#samples.shift();
    }
    // A transaction that stays open for long keeps samples waiting; every second one of many is enough.
    if (this.#samples.length > 1000) this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
  }
}
