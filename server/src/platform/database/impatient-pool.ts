import type { Clock } from "#platform/clock/clock.ts";
import type { Pool } from "./database.ts";

/**
 * A pool that does not wait longer than `ms` for an answer: whoever asks has something better to do. What was asked may
 * be done all the same, now or later.
 */
export function impatientPool(pool: Pool, clock: Clock, ms: number): Pool {
  const within = async <Answer>(asked: Promise<Answer>): Promise<Answer> => {
    const answered = new AbortController();
    const late = clock.sleep(ms, answered.signal).then(() => {
      throw new Error(`timeout exceeded: the database did not answer within ${ms} ms`);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      late.catch(() => undefined);
      answered.abort();
    }
  };
  return {
    query: (text, values) => within(pool.query(text, values)),
    inTransaction: (work) => within(pool.inTransaction(work)),
    onHint: (channel, listener) => pool.onHint(channel, listener),
  };
}
