import { LRUCache } from "lru-cache";
import type { Clock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { secretDigest } from "#platform/ids.ts";
import type { AttemptLimit } from "#platform/limits.ts";
import { networksOf } from "#platform/network/target-guard.ts";

/** The counter of one limit for one key. */
export interface Counter {
  readonly digest: Buffer;
  readonly attemptsMax: number;
  readonly windowSeconds: number;
}

export interface Count {
  /** 0 after the window. */
  readonly attempts: number;
  readonly secondsLeft: number;
}

interface CounterNeeds {
  readonly pool: Database;
  readonly clock: Pick<Clock, "now">;
}

export const attemptCounter = ({ name, max, windowSeconds }: AttemptLimit, key: string): Counter => ({
  digest: secretDigest(`${name} ${key}`),
  attemptsMax: max,
  windowSeconds,
});

const loginLengthMax = 255;

/**
 * Returns the key of a user name or an email address: one for all spellings that PostgreSQL's `lower` makes equal. It replaces each
 * character by one, while JavaScript lengthens `İ` and has two letters for a sigma, so each spelling would have attempts of its own.
 */
export const loginKey = (login: string): string =>
  Array.from(login.trim().slice(0, loginLengthMax), (letter) => Array.from(letter.toLowerCase())[0]).join("");

/** Returns the counters of every network of an address. Larger networks have more attempts. */
export const networkCounters = (limit: AttemptLimit, address: string, key = ""): readonly Counter[] =>
  networksOf(address).map(({ network, factor }) =>
    attemptCounter({ ...limit, max: limit.max * factor }, `${network} ${key}`),
  );

interface Row {
  readonly digest: Buffer;
  readonly attempts: number;
  readonly endsAt: Date;
}

// Served by the primary key.
const readStatement = `
  select digest, attempts, ends_at
  from attempt_counters
  where digest = any($1) and ends_at > $2`;

export async function readCounts({ pool, clock }: CounterNeeds, counters: readonly Counter[]): Promise<Count[]> {
  const now = clock.now();
  const rows = await pool.query<Row>(readStatement, [counters.map(({ digest }) => digest), now]);
  return countsOf(counters, rows, now);
}

// Locks rows in the order of digests, so that concurrent counts cannot deadlock. A row that ends later than a window from now was
// written by a process whose clock is ahead: it restarts at one instead of locking out.
const countStatement = `
  insert into attempt_counters as counter (digest, attempts, ends_at)
  select digest, 1, $3::timestamptz + make_interval(secs => seconds)
  from unnest($1::bytea[], $2::integer[]) as counted (digest, seconds)
  order by digest
  on conflict (digest) do update set
    attempts = case when counter.ends_at > $3 and counter.ends_at <= excluded.ends_at then counter.attempts + 1 else 1 end,
    ends_at = case when counter.ends_at > $3 and counter.ends_at <= excluded.ends_at then counter.ends_at else excluded.ends_at end
  returning digest, attempts, ends_at`;

/** Counts one attempt for each counter and returns the new counts. */
export async function countAttempt({ pool, clock }: CounterNeeds, counters: readonly Counter[]): Promise<Count[]> {
  const now = clock.now();
  const values = [counters.map(({ digest }) => digest), counters.map(({ windowSeconds }) => windowSeconds), now];
  return countsOf(counters, await pool.query<Row>(countStatement, values), now);
}

/** Deletes counters after a success: the attempts before it were typing errors. */
export async function resetAttempts({ pool }: Pick<CounterNeeds, "pool">, counters: readonly Counter[]): Promise<void> {
  await pool.query("delete from attempt_counters where digest = any($1)", [counters.map(({ digest }) => digest)]);
}

function countsOf(counters: readonly Counter[], rows: readonly Row[], now: Date): Count[] {
  const byDigest = new Map(rows.map((row) => [row.digest.toString("hex"), row]));
  return counters.map(({ digest, windowSeconds }) => {
    const row = byDigest.get(digest.toString("hex"));
    const secondsLeft = row ? Math.ceil((row.endsAt.getTime() - now.getTime()) / 1000) : 0;
    return row && secondsLeft <= windowSeconds
      ? { attempts: row.attempts, secondsLeft }
      : { attempts: 0, secondsLeft: 0 };
  });
}

// Skips rows that are being counted. Served by attempt_counters_ends_idx.
const deleteExpiredStatement = `
  with ended as (
    delete from attempt_counters
    where digest in (
      select digest from attempt_counters
      where ends_at <= $1 or ends_at < (select ends_at from attempt_counters order by ends_at desc offset $2 limit 1)
      order by ends_at limit 10000 for update skip locked)
    returning 1)
  select count(*)::integer as ended from ended`;

/** Limits the rows that a flood from many networks writes, a few per attempt, to 50 MB. */
const countersMax = 500_000;

/** Deletes up to 10,000 expired counters, and returns how many. */
export async function deleteExpiredCounters(db: Database, now: Date): Promise<number> {
  const [deleted] = await db.query<{ ended: number }>(deleteExpiredStatement, [now, countersMax]);
  return deleted?.ended ?? 0;
}

/** Caches full counters, so that refusing a flood costs no statements. */
const fullMax = 10_000;

export interface AttemptLimiter {
  /** Counts an attempt for `key`. Returns 0 when it may go on, otherwise the seconds until the next one may. */
  secondsToWait(key: string): Promise<number>;
  forget(key: string): Promise<void>;
}

export interface NetworkLimiter {
  /** Counts an attempt for all networks of an address. Returns 0, or the seconds until the next one may follow. */
  secondsToWait(address: string, key?: string): Promise<number>;
  /** Returns the same without counting, for callers that count failures only. */
  secondsLeft(address: string, key?: string): Promise<number>;
}

/** Creates a limiter for one key. Attempts are counted before they are made, so concurrent attempts cannot exceed the limit. */
export function createAttemptLimiter(needs: CounterNeeds, limit: AttemptLimit): AttemptLimiter {
  const limiter = createLimiter(needs);
  return {
    secondsToWait: (key) => limiter.secondsToWait([attemptCounter(limit, key)]),
    forget: (key) => resetAttempts(needs, [attemptCounter(limit, key)]),
  };
}

/** Creates a limiter per network: an IPv4 address, or a /64, /56 and /48 with 1, 4 and 16 times as many attempts. */
export function createNetworkLimiter(needs: CounterNeeds, limit: AttemptLimit): NetworkLimiter {
  const limiter = createLimiter(needs);
  return {
    secondsToWait: (address, key) => limiter.secondsToWait(networkCounters(limit, address, key)),
    secondsLeft: (address, key) => limiter.secondsLeft(networkCounters(limit, address, key)),
  };
}

function createLimiter(needs: CounterNeeds) {
  // `max` would allocate the places in advance: 5 MB and a tenth of the time that opening the web role takes.
  const fullUntilMs = new LRUCache<string, number>({ maxSize: fullMax, sizeCalculation: () => 1 });

  const rememberedSeconds = (counters: readonly Counter[]): number => {
    const nowMs = needs.clock.now().getTime();
    const waits = counters.map(({ digest, windowSeconds }) => {
      const seconds = Math.ceil(((fullUntilMs.get(digest.toString("hex")) ?? 0) - nowMs) / 1000);
      return seconds <= windowSeconds ? seconds : 0; // the clock was set back
    });
    return Math.max(0, ...waits);
  };
  /** `attemptsMax` attempts are allowed: the count may equal it if it includes this attempt. */
  const longestWait = (counters: readonly Counter[], counts: readonly Count[], counted: 0 | 1): number => {
    const nowMs = needs.clock.now().getTime();
    const waits = counters.map(({ digest, attemptsMax }, place) => {
      const { attempts = 0, secondsLeft = 0 } = counts[place] ?? {};
      if (attempts - counted < attemptsMax) return 0;
      fullUntilMs.set(digest.toString("hex"), nowMs + secondsLeft * 1000);
      return secondsLeft;
    });
    return Math.max(0, ...waits);
  };
  const secondsLeft = async (counters: readonly Counter[]): Promise<number> =>
    rememberedSeconds(counters) || longestWait(counters, await readCounts(needs, counters), 0);

  return {
    secondsLeft,
    async secondsToWait(counters: readonly Counter[]): Promise<number> {
      return (await secondsLeft(counters)) || longestWait(counters, await countAttempt(needs, counters), 1);
    },
  };
}
