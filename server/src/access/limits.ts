import { LRUCache } from "lru-cache";
import type { Clock } from "#platform/clock.ts";
import { type Database, queryRow, type Transaction } from "#platform/database/database.ts";
import { secretDigest } from "#platform/ids.ts";
import { type AttemptLimit, type CountLimit, developerLimits } from "#platform/limits.ts";
import { networksOf } from "#platform/network/target-guard.ts";
import type { Actor } from "./permissions.ts";

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
  select digest, attempts, $3::timestamptz + make_interval(secs => seconds)
  from unnest($1::bytea[], $2::integer[], $4::integer[]) as counted (digest, seconds, attempts)
  order by digest
  on conflict (digest) do update set
    attempts = excluded.attempts + case when counter.ends_at > $3 and counter.ends_at <= excluded.ends_at then counter.attempts else 0 end,
    ends_at = case when counter.ends_at > $3 and counter.ends_at <= excluded.ends_at then counter.ends_at else excluded.ends_at end
  returning digest, attempts, ends_at`;

/** Counts one attempt for each counter and returns the new counts. */
export const countAttempt = (needs: CounterNeeds, counters: readonly Counter[]): Promise<Count[]> =>
  addToCounters(
    needs,
    counters,
    counters.map(() => 1),
  );

async function addToCounters(
  { pool, clock }: CounterNeeds,
  counters: readonly Counter[],
  attempts: readonly number[],
): Promise<Count[]> {
  const now = clock.now();
  const values = [
    counters.map(({ digest }) => digest),
    counters.map(({ windowSeconds }) => windowSeconds),
    now,
    attempts,
  ];
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
export const deleteExpiredCounters = async (db: Database, now: Date): Promise<number> =>
  (await queryRow<{ ended: number }>(db, deleteExpiredStatement, [now, countersMax])).ended;

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

/** Thrown when a change would be one too many. */
export class AttemptLimitReached extends Error {
  override readonly name = "AttemptLimitReached";
  readonly secondsLeft: number;

  constructor({ name }: AttemptLimit, secondsLeft: number) {
    super(`too many in a short time: ${name}`);
    this.secondsLeft = secondsLeft;
  }
}

/** Counts a change in its transaction, so that one that fails does not count. Throws if it is one too many. */
export async function requireAttemptLeft(
  tx: Transaction,
  limit: AttemptLimit,
  { key, now }: { readonly key: string; readonly now: Date },
): Promise<void> {
  const [count] = await countAttempt({ pool: tx, clock: { now: () => now } }, [attemptCounter(limit, key)]);
  if (count && count.attempts > limit.max) throw new AttemptLimitReached(limit, count.secondsLeft);
}

export type DeveloperLimit = (typeof developerLimits)[keyof typeof developerLimits];

/** Thrown when visitors and developers of a provider have used up one of their limits. */
export class DeveloperLimitReached extends Error {
  override readonly name = "DeveloperLimitReached";
  readonly limit: DeveloperLimit;
  readonly secondsLeft: number;

  constructor(limit: DeveloperLimit, secondsLeft: number) {
    super(`the developers of this provider have used up ${limit.name}`);
    this.limit = limit;
    this.secondsLeft = secondsLeft;
  }
}

/** A process that has counted nothing knows the counts of the others for so long. */
const sharedMs = 5000;
/** It shares sooner once it has counted this part of a limit: each process exceeds a limit by no more than this. */
const sharedPart = 1 / 64;

interface Amount {
  readonly counter: Counter;
  max: number;
  /** Counted by this process and not shared yet. */
  own: number;
  /** Counted by all processes, until the end. */
  shared: number;
  endsAtMs: number;
}

const ownMaxesStatement = "select limits from providers where id = $1";

/**
 * Counts what the developers of one provider add. A change counts in the memory of its process: one row for all changes of a provider
 * would make them wait for each other. Processes share their counts in the database every few seconds.
 */
export class DeveloperUsage {
  readonly #providerId: number;
  readonly #amounts: ReadonlyMap<DeveloperLimit, Amount>;
  #sharedAtMs = Number.NEGATIVE_INFINITY;
  #sharing: Promise<void> | undefined;

  constructor(providerId: number) {
    this.#providerId = providerId;
    const amountOf = (limit: DeveloperLimit): Amount => ({
      counter: attemptCounter(limit, String(providerId)),
      max: limit.max,
      own: 0,
      shared: 0,
      endsAtMs: Number.NEGATIVE_INFINITY,
    });
    this.#amounts = new Map(Object.values(developerLimits).map((limit) => [limit, amountOf(limit)]));
  }

  /** Throws if one of the limits is used up. */
  requireLeft(now: Date, limits: readonly DeveloperLimit[]): void {
    for (const limit of limits) {
      const { used, max, secondsLeft } = this.read(limit, now);
      if (used >= max) throw new DeveloperLimitReached(limit, secondsLeft);
    }
  }

  /** Counts whatever becomes of the transaction: rows of a failed one occupy the disk, too. */
  add(now: Date, limits: readonly DeveloperLimit[], count: number): void {
    for (const limit of limits) {
      const amount = this.#amounts.get(limit);
      if (!amount) continue;
      if (amount.endsAtMs <= now.getTime()) {
        amount.shared = 0;
        amount.endsAtMs = now.getTime() + limit.windowSeconds * 1000;
      }
      amount.own += count;
    }
  }

  read(
    limit: DeveloperLimit,
    now: Date,
  ): { readonly used: number; readonly max: number; readonly secondsLeft: number } {
    const { own, shared, endsAtMs, max } = this.#amounts.get(limit) ?? {
      own: 0,
      shared: 0,
      endsAtMs: 0,
      max: limit.max,
    };
    const secondsLeft = Math.max(1, Math.ceil((endsAtMs - now.getTime()) / 1000));
    return { used: endsAtMs > now.getTime() ? own + shared : 0, max, secondsLeft };
  }

  /** Shares what this process has counted, and reads what all have, unless that has just been done. */
  async share(needs: CounterNeeds): Promise<void> {
    const nowMs = needs.clock.now().getTime();
    const isRecent = nowMs >= this.#sharedAtMs && nowMs - this.#sharedAtMs < sharedMs;
    if (isRecent && [...this.#amounts.values()].every(({ own, max }) => own < max * sharedPart)) return;
    this.#sharing ??= this.#exchange(needs).finally(() => (this.#sharing = undefined));
    await this.#sharing;
  }

  async #exchange(needs: CounterNeeds): Promise<void> {
    const now = needs.clock.now();
    const amounts = [...this.#amounts];
    const counters = amounts.map(([, { counter }]) => counter);
    const own = amounts.map(([, amount]) => amount.own);
    const [counts, [row]] = await Promise.all([
      own.some((count) => count > 0) ? addToCounters(needs, counters, own) : readCounts(needs, counters),
      needs.pool.query<{ limits: Readonly<Record<string, number>> }>(ownMaxesStatement, [this.#providerId]),
    ]);
    for (const [index, [limit, amount]] of amounts.entries()) {
      const { attempts = 0, secondsLeft = 0 } = counts[index] ?? {};
      amount.own -= own[index] ?? 0;
      amount.shared = attempts;
      amount.endsAtMs = now.getTime() + secondsLeft * 1000;
      amount.max = row?.limits[limit.name] ?? limit.max;
    }
    this.#sharedAtMs = now.getTime();
  }
}

const createUsages = (): LRUCache<number, DeveloperUsage> =>
  new LRUCache({ maxSize: fullMax, sizeCalculation: () => 1 });

/** Returns what this process knows about the developers of a provider. */
export function developerUsageOf({ caches }: Pick<Database, "caches">, providerId: number): DeveloperUsage {
  const usages = caches.get(createUsages);
  const known = usages.get(providerId) ?? new DeveloperUsage(providerId);
  usages.set(providerId, known);
  return known;
}

/** Returns the part of its limits that the busiest provider has used, as this process knows. */
export const largestUsageOfDevelopers = ({ caches }: Pick<Database, "caches">, now: Date): number =>
  Math.max(
    0,
    ...[...caches.get(createUsages).values()].flatMap((usage) =>
      Object.values(developerLimits).map((limit) => {
        const { used, max } = usage.read(limit, now);
        return max > 0 ? used / max : 1;
      }),
    ),
  );

/** A change of an account. */
interface ChangeOfAccount {
  readonly providerId: number;
  readonly actor: Actor;
  readonly now: Date;
}

const dayMs = 86_400_000;

const limitsFor = (account: { readonly createdAt: Date }, now: Date): readonly DeveloperLimit[] =>
  now.getTime() - account.createdAt.getTime() < dayMs
    ? [developerLimits.recordedByNewcomers, developerLimits.recorded]
    : [developerLimits.recorded];

/** Throws if a developer makes the change and the developers of the provider have used up their limit. */
export function requireLeftForDevelopers(
  db: Pick<Database, "caches">,
  { providerId, actor, now }: ChangeOfAccount,
  account: { readonly createdAt: Date },
): void {
  if (actor.kind === "developer") developerUsageOf(db, providerId).requireLeft(now, limitsFor(account, now));
}

/** Does both for a mail or another row without an event. */
export function takeForDevelopers(
  db: Pick<Database, "caches">,
  change: ChangeOfAccount,
  counted: { readonly account: { readonly createdAt: Date }; readonly bytes: number },
): void {
  requireLeftForDevelopers(db, change, counted.account);
  countForDevelopers(db, change, counted);
}

/** Counts the bytes of a change that a developer makes. */
export function countForDevelopers(
  db: Pick<Database, "caches">,
  { providerId, actor, now }: ChangeOfAccount,
  { account, bytes }: { readonly account: { readonly createdAt: Date }; readonly bytes: number },
): void {
  if (actor.kind !== "developer") return;
  developerUsageOf(db, providerId).add(now, limitsFor(account, now), Math.ceil(bytes / 1024));
}

interface Owner {
  readonly providerId: number;
  /** The account, the user or the plan; left out where the limit is the provider's. */
  readonly id?: number;
}

/** Thrown when something is full. Both APIs answer 422, `limit-reached`; pages show the sentence. */
export class LimitReached extends Error {
  override readonly name = "LimitReached";
  /** Without the name of the limit, which only operators know. */
  readonly sentence: string;

  constructor({ name, of, unit }: CountLimit, { used, max }: Usage) {
    const subject = of === "provider" ? `There ${used === 1 ? "is" : "are"}` : `This ${of} has`;
    const units = used === 1 ? unit.replace(/s$/, "") : unit;
    const counts = `${subject} ${used} ${units}, and ${max} ${max === 1 ? "is" : "are"} allowed`;
    super(`${counts} (${name}). Delete some that are not used, or ask the operator for more.`);
    this.sentence = `${counts}.`;
  }
}

interface Usage {
  readonly used: number;
  readonly max: number;
}

const lockStatement = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
const ownMaxStatement = `select (limits ->> $2)::bigint as "ownMax" from providers where id = $1`;

/** Makes others that lock the same limit of an owner wait until this transaction ends. */
export function lockLimit(tx: Transaction, { name }: { readonly name: string }, { providerId, id }: Owner): void {
  tx.send(lockStatement, [`${name} ${providerId} ${id ?? ""}`]);
}

/** Throws unless one more fits. Others that add to the same owner wait until this transaction ends. */
export async function requireWithinLimit(tx: Transaction, limit: CountLimit, owner: Owner): Promise<void> {
  lockLimit(tx, limit, owner); // in one round trip with the count
  const usage = await readUsage(tx, limit, owner);
  if (usage.used >= usage.max) throw new LimitReached(limit, usage);
}

/** How many there are, and how many there may be. */
export async function readUsage(db: Database, limit: CountLimit, { providerId, id }: Owner): Promise<Usage> {
  const [{ used }, [own]] = await Promise.all([
    queryRow<{ used: number }>(db, limit.counted, id === undefined ? [providerId] : [providerId, id]),
    db.query<{ ownMax: number | null }>(ownMaxStatement, [providerId, limit.name]),
  ]);
  return { used, max: own?.ownMax ?? limit.max };
}
