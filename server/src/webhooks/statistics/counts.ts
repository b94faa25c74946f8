import { type ErrorClass, type OutcomeClass, outcomeClasses, outcomeClassOf } from "#webhooks/deliveries/index.ts";

/**
 * Durations in fixed buckets, the same everywhere, so that histograms of any times, endpoints and engines can be added and
 * any percentile be read from the sum. Bucket 0 is below 1 ms; each of the others is a quarter of an octave, 1 ms to 1.19 ms
 * and so on. A percentile is therefore at most 9.1 % away from the exact one, plus half a millisecond of rounding.
 */
const bucketsPerOctave = 4;
/** Begins at 2^39.75 ms, 29 years. */
const lastBucket = 160;
/** Stored as bucket × 2^40 + count (0009_statistics.sql). The largest element is below 2^53. */
const elementBase = 2 ** 40;

/** Returns the bucket of a duration in milliseconds. */
export function bucketOf(ms: number): number {
  return ms < 1 ? 0 : Math.min(lastBucket, Math.floor(Math.log2(ms) * bucketsPerOctave) + 1);
}

/** Returns the bounds of a bucket in milliseconds: the first inclusive, the second exclusive. */
export const boundsOf = (bucket: number): readonly [from: number, to: number] => [
  bucket === 0 ? 0 : 2 ** ((bucket - 1) / bucketsPerOctave),
  2 ** (bucket / bucketsPerOctave),
];

export class Histogram {
  /** Undefined while empty: most of the histograms of a long span are never filled. */
  #counts: Map<number, number> | undefined;

  add(ms: number): void {
    this.#increase(bucketOf(ms), 1);
  }

  addAll(other: Histogram): void {
    for (const [bucket, count] of other.#counts ?? []) this.#increase(bucket, count);
  }

  addElements(elements: readonly number[]): void {
    for (const element of elements) this.#increase(Math.floor(element / elementBase), element % elementBase);
  }

  /** Returns one number per bucket that is not empty, as it is stored. */
  elements(): number[] {
    return [...(this.#counts ?? [])].map(([bucket, count]) => bucket * elementBase + count);
  }

  /**
   * Returns the duration in whole milliseconds that this fraction of all durations does not exceed (nearest rank): the
   * geometric middle of its bucket. Null without durations.
   */
  percentile(fraction: number): number | null {
    if (!this.#counts) return null;
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    const rank = Math.max(1, Math.ceil(fraction * total));
    let passed = 0;
    for (const [bucket, count] of [...this.#counts].toSorted(([one], [other]) => one - other)) {
      passed += count;
      if (passed < rank) continue;
      const [from, to] = boundsOf(bucket);
      return Math.round(Math.sqrt(from * to));
    }
    return null;
  }

  #increase(bucket: number, count: number): void {
    this.#counts ??= new Map();
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
  }
}

/** A recorded attempt, with everything that is counted. */
export interface CountedAttempt {
  readonly eventType: string;
  /** When it was sent. The attempt counts in this minute. */
  readonly atMs: number;
  /** Counts from 1, over all rounds of retries. */
  readonly number: number;
  readonly status: number | null;
  readonly errorClass: ErrorClass | null;
  /** The state in which the attempt left its delivery. Null: it is retried, or was cancelled meanwhile. */
  readonly end: "delivered" | "failed" | null;
  readonly latencyMs: number;
  /** From the event to the response that delivered it. Null for others, and after a manual retry or replay. */
  readonly delayMs: number | null;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

type OutcomeColumn = `outcome_${OutcomeClass}`;

/** A table, since composing the name for each attempt would take longer than counting it. */
const outcomeColumn: Readonly<Record<OutcomeClass, OutcomeColumn>> = {
  "2xx": "outcome_2xx",
  "3xx": "outcome_3xx",
  "4xx": "outcome_4xx",
  "5xx": "outcome_5xx",
  timeout: "outcome_timeout",
  connection: "outcome_connection",
  tls: "outcome_tls",
  forbidden: "outcome_forbidden",
};

const otherColumns = [
  "first_attempt_successes",
  "retries",
  "delivered",
  "failed",
  "bytes_sent",
  "bytes_received",
] as const;

export type CountColumn = OutcomeColumn | (typeof otherColumns)[number];

const outcomeColumns: readonly OutcomeColumn[] = outcomeClasses.map((outcome) => outcomeColumn[outcome]);

/** The columns of the statistics that are sums. */
export const countColumns: readonly CountColumn[] = [...outcomeColumns, ...otherColumns];

interface StoredCounts {
  readonly sums: readonly number[];
  readonly latencies: readonly number[];
  readonly delays: readonly number[];
}

const zeros = (): Record<CountColumn, number> => ({
  outcome_2xx: 0,
  outcome_3xx: 0,
  outcome_4xx: 0,
  outcome_5xx: 0,
  outcome_timeout: 0,
  outcome_connection: 0,
  outcome_tls: 0,
  outcome_forbidden: 0,
  first_attempt_successes: 0,
  retries: 0,
  delivered: 0,
  failed: 0,
  bytes_sent: 0,
  bytes_received: 0,
});

/** Sums over any number of attempts. */
export class Counts {
  readonly sums = zeros();
  /** Attempts whose outcomes were not read. */
  #unclassified = 0;
  readonly latencies = new Histogram();
  readonly delays = new Histogram();

  get attempts(): number {
    let sum = this.#unclassified;
    for (const column of outcomeColumns) sum += this.sums[column];
    return sum;
  }

  outcome(outcome: OutcomeClass): number {
    return this.sums[outcomeColumn[outcome]];
  }

  add(attempt: CountedAttempt): void {
    const { sums } = this;
    sums[outcomeColumn[outcomeClassOf(attempt)]] += 1;
    if (attempt.number > 1) sums.retries += 1;
    else if (attempt.end === "delivered") sums.first_attempt_successes += 1;
    if (attempt.end !== null) sums[attempt.end] += 1;
    sums.bytes_sent += attempt.bytesSent;
    sums.bytes_received += attempt.bytesReceived;
    this.latencies.add(attempt.latencyMs);
    if (attempt.delayMs !== null) this.delays.add(attempt.delayMs);
  }

  /** Adds stored counts: the sums in the order of `countColumns`, and the elements of the histograms. */
  addRow({ sums, latencies, delays }: StoredCounts): void {
    for (let index = 0; index < countColumns.length; index += 1) {
      const column = countColumns[index];
      if (column !== undefined) this.sums[column] += sums[index] ?? 0;
    }
    this.latencies.addElements(latencies);
    this.delays.addElements(delays);
  }

  /** Adds stored counts of which only attempts, delivered and failed were read, in this order. */
  addTotals({ sums, latencies, delays }: StoredCounts): void {
    const [attempts = 0, delivered = 0, failed = 0] = sums;
    this.#unclassified += attempts;
    this.sums.delivered += delivered;
    this.sums.failed += failed;
    this.latencies.addElements(latencies);
    this.delays.addElements(delays);
  }

  addAll(other: Counts): void {
    this.#unclassified += other.#unclassified;
    for (const column of countColumns) this.sums[column] += other.sums[column];
    this.latencies.addAll(other.latencies);
    this.delays.addAll(other.delays);
  }
}

/** The lengths of the spans that attempts are counted in. */
export const intervals = ["minute", "hour", "day"] as const;
export type Interval = (typeof intervals)[number];

export const intervalMs: Readonly<Record<Interval, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Returns the start of the interval, in UTC. */
export const startOfInterval = (interval: Interval, atMs: number): number => atMs - (atMs % intervalMs[interval]);

/** Stands for all endpoints, and for all event types. */
export const all = { endpointId: 0, eventType: "" } as const;

export interface CountedLane {
  readonly endpointId: number;
  readonly providerId: number;
}

interface CountedMinute {
  readonly eventType: string;
  readonly minuteMs: number;
  readonly counts: Counts;
}

/** Attempts of one lane, by event type and minute. */
export class LaneCounts {
  readonly #minutes = new Map<string, CountedMinute>();
  /** The key of the last attempt. The next attempt probably has the same. */
  #last: CountedMinute | undefined;

  get size(): number {
    return this.#minutes.size;
  }

  add(attempt: CountedAttempt): void {
    const last = this.#last;
    const isOfLast =
      last !== undefined &&
      last.eventType === attempt.eventType &&
      attempt.atMs >= last.minuteMs &&
      attempt.atMs < last.minuteMs + intervalMs.minute;
    const minute = isOfLast ? last : this.#minuteOf(attempt);
    minute.counts.add(attempt);
    this.#last = minute;
  }

  minutes(): Iterable<CountedMinute> {
    return this.#minutes.values();
  }

  #minuteOf({ eventType, atMs }: CountedAttempt): CountedMinute {
    const minuteMs = startOfInterval("minute", atMs);
    const key = `${minuteMs} ${eventType}`;
    let minute = this.#minutes.get(key);
    if (!minute) this.#minutes.set(key, (minute = { eventType, minuteMs, counts: new Counts() }));
    return minute;
  }
}

/** The counts of one interval or point. An id of 0 and an empty type stand for all. */
export interface CountedInterval {
  readonly endpointId: number;
  readonly eventType: string;
  readonly atMs: number;
  readonly counts: Counts;
}

/** A row to add to the statistics of one interval. */
export interface StatisticsRow extends CountedInterval {
  readonly providerId: number;
}

/**
 * Returns the rows of an interval to which the lanes' attempts add, in the order in which every engine locks them: rows of
 * whole providers, which engines share, are last and locked for the shortest time.
 */
export function rowsToAdd(
  interval: Interval,
  lanes: readonly { readonly lane: CountedLane; readonly counts: LaneCounts }[],
): readonly StatisticsRow[] {
  const rows = new Map<string, StatisticsRow>();
  const add = (key: Omit<StatisticsRow, "counts">, counts: Counts): void => {
    const text = `${key.providerId} ${key.endpointId} ${key.atMs} ${key.eventType}`;
    let row = rows.get(text);
    if (!row) rows.set(text, (row = { ...key, counts: new Counts() }));
    row.counts.addAll(counts);
  };
  for (const { lane, counts: laneCounts } of lanes) {
    const { providerId, endpointId } = lane;
    for (const { eventType, minuteMs, counts } of laneCounts.minutes()) {
      const common = { providerId, atMs: startOfInterval(interval, minuteMs) };
      add({ ...common, endpointId, eventType }, counts);
      add({ ...common, ...all, endpointId }, counts);
      add({ ...common, ...all, eventType }, counts);
      add({ ...common, ...all }, counts);
    }
  }
  return [...rows.values()].toSorted(inLockOrder);
}

function inLockOrder(one: StatisticsRow, other: StatisticsRow): number {
  return (
    Number(one.endpointId === all.endpointId) - Number(other.endpointId === all.endpointId) ||
    one.providerId - other.providerId ||
    one.endpointId - other.endpointId ||
    one.atMs - other.atMs ||
    (one.eventType < other.eventType ? -1 : one.eventType > other.eventType ? 1 : 0)
  );
}
