import { largestUsageOfDevelopers } from "#access/index.ts";
import type { FastifyInstance } from "fastify";
import { Counter, Gauge, Histogram, type Registry, collectDefaultMetrics } from "prom-client";
import type { Clock } from "#platform/clock.ts";
import { type Database, diskSpaceOf, queryRow } from "#platform/database/database.ts";
import { type OpenedPool, databaseWithTimeout } from "#platform/database/pool.ts";
import { readDatabaseSwitches } from "#platform/database/failover.ts";
import type { TelemetryNeeds } from "#platform/telemetry/tracing.ts";
import { exhaustionCodes } from "#platform/errors.ts";
import type { LookupResult } from "#platform/network/name-resolver.ts";
import { countWaitingMails, listHeldMails, measureRefusedMails } from "#portal/mails/index.ts";
import {
  type DueMeasure,
  countAllFailures,
  countHeld,
  countHeldEndpoints,
  measureDue,
  readHistoryDays,
  readRetentionBehind,
  sampleTransactions,
} from "#webhooks/deliveries/index.ts";
import type { NotMade } from "#webhooks/attempts/index.ts";
import type { AttemptLine, LaneStore, RunningEngine } from "#webhooks/engine/index.ts";
import { listHeldJobs } from "#webhooks/jobs/index.ts";
import { countSilentTogether, type StatisticsRecorder } from "#webhooks/statistics/index.ts";

/** Registers the version and the process metrics of Node.js: memory, processor time, event loop. */
export function measureProcess(metrics: Registry, version: string): void {
  new Gauge({
    name: "bellwire_build_info",
    help: "Always 1. The labels are the versions of Bellwire and Node.js.",
    labelNames: ["version", "node"] as const,
    registers: [metrics],
  }).set({ version, node: process.versions.node }, 1);
  collectDefaultMetrics({ register: metrics });
}

/**
 * Counts requests and measures their duration, by route and class of status. The label is the route's pattern, so there are
 * as many values as routes; requests that no route takes are `unknown`.
 */
export function measureHttp(metrics: Registry): (http: FastifyInstance) => void {
  const { seconds, delays } = httpMetrics(metrics);
  return (http) =>
    void http.addHook("onResponse", async ({ method, routeOptions, delayedMs }, reply) => {
      const status = `${Math.floor(reply.statusCode / 100)}xx`;
      seconds.observe({ method, route: routeOptions.url ?? "unknown", status }, reply.elapsedTime / 1000);
      if (delayedMs !== undefined) delays.inc(delayedMs / 1000);
    });
}

/** Creates the metrics of requests; the reference page needs them without a server. */
export const httpMetrics = (metrics: Registry) => ({
  seconds: new Histogram({
    name: "bellwire_http_request_duration_seconds",
    help: "Duration of requests, from arrival to the end of the response, by method, route and class of status (2xx, 5xx).",
    labelNames: ["method", "route", "status"] as const,
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers: [metrics],
  }),
  delays: new Counter({
    name: "bellwire_change_delays_seconds_total",
    help: "Time that changes by programs waited because the provider's deliveries were late although its receivers responded.",
    registers: [metrics],
  }),
});

const failedNext = ["retry", "give-up"] as const;
/** The next steps of a delivery that each outcome can have. */
const nextAfter: Readonly<Record<AttemptLine["outcome"], readonly AttemptLine["next"][]>> = {
  answered: ["done", ...failedNext, "disable"],
  unreachable: failedNext,
  "timed-out": failedNext,
  "forbidden-target": failedNext,
};

/** Counts attempts by outcome and measures their duration. No label names an endpoint: there may be thousands. */
export function measureAttempts(metrics: Registry): (line: AttemptLine) => void {
  // Counted here and added at each scrape: `inc` composes and validates the labels, a microsecond per attempt.
  const uncounted = new Map<AttemptLine["outcome"], Map<AttemptLine["next"], number>>();
  const attempts = new Counter({
    name: "bellwire_attempts_total",
    help: "Attempts made, by outcome and by the next step of the delivery.",
    labelNames: ["outcome", "next"] as const,
    registers: [metrics],
    collect: () => {
      for (const [outcome, counts] of uncounted)
        for (const [next, count] of counts) attempts.inc({ outcome, next }, count);
      uncounted.clear();
    },
  });
  // Every series begins at 0: an alert about none that is answered needs the series, and an increase needs its first value.
  for (const [outcome, steps] of Object.entries(nextAfter))
    for (const next of steps) attempts.inc({ outcome, next }, 0);
  const seconds = new Histogram({
    name: "bellwire_attempt_duration_seconds",
    help: "Duration of attempts.",
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60],
    registers: [metrics],
  });
  return ({ outcome, next, tookMs }) => {
    let counts = uncounted.get(outcome);
    if (!counts) uncounted.set(outcome, (counts = new Map()));
    counts.set(next, (counts.get(next) ?? 0) + 1);
    seconds.observe(tookMs / 1000);
  };
}

/** Counts attempts that could not be made, by the code of the system. */
export function measureNotMade(metrics: Registry): (notMade: Pick<NotMade, "code">) => void {
  const notMade = new Counter({
    name: "bellwire_attempts_not_made_total",
    help: "Attempts that this process could not make, since it had no file descriptor (EMFILE, ENFILE), port (EADDRNOTAVAIL) or socket memory (ENOBUFS, ENOMEM) left. They use up no attempt of the delivery.",
    labelNames: ["code"] as const,
    registers: [metrics],
  });
  for (const code of exhaustionCodes) notMade.inc({ code }, 0);
  return ({ code }) => notMade.inc({ code });
}

/** Counts look-ups that queried a name server, and measures their duration. Excludes the cache and the hosts file. */
export function measureNameLookups(metrics: Registry): (result: LookupResult, seconds: number) => void {
  const lookups = new Counter({
    name: "bellwire_name_lookups_total",
    help: "Look-ups of receivers' names at a name server: found, none (no such name), failed or timed-out.",
    labelNames: ["result"] as const,
    registers: [metrics],
  });
  const duration = new Histogram({
    name: "bellwire_name_lookup_duration_seconds",
    help: "Duration of look-ups at a name server, at most 3 s.",
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2, 3],
    registers: [metrics],
  });
  return (result, seconds) => {
    lookups.inc({ result });
    duration.observe(seconds);
  };
}

interface Measured {
  readonly db: Database;
  readonly machine: Clock;
}

/** Prometheus waits 10 s by default, and takes a process that does not respond for dead. */
export const answerMsMax = 2000;

const askInTime = ({ db, machine }: Measured): Database => databaseWithTimeout(db, machine, answerMsMax);

/** Registers whether the directory's database responds. */
export function measureDirectory(metrics: Registry, measured: Measured): Gauge {
  const db = askInTime(measured);
  return new Gauge({
    name: "bellwire_directory_away",
    help: "1 while the database of the directory does not respond to this process: other cells are served, but no provider can be created or moved.",
    registers: [metrics],
    async collect() {
      const isAway = await db.query("select").then(
        () => false,
        () => true,
      );
      this.set(isAway ? 1 : 0);
    },
  });
}

/** Counts telemetry that is pushed to an OpenTelemetry collector. */
export function measureTelemetry(metrics: Registry): TelemetryNeeds["count"] {
  const items = new Counter({
    name: "bellwire_telemetry_total",
    help: "Spans (traces) and pushes of metrics for the OpenTelemetry collector: sent, or dropped because it did not accept them.",
    labelNames: ["signal", "result"] as const,
    registers: [metrics],
  });
  return (signal, result, count) => items.inc({ signal, result }, count);
}

/** Returns a function that registers gauges. Each is read when metrics are, and is NaN if that fails. */
const createGauges =
  (metrics: Registry) =>
  (name: string, help: string, read: () => number | Promise<number>): void => {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [metrics],
      async collect() {
        try {
          gauge.set(await read());
        } catch {
          gauge.set(Number.NaN);
        }
      },
    });
  };

/** Registers the current state of the engine in this process. */
export function measureEngine(
  metrics: Registry,
  engine: Pick<RunningEngine, "inFlight" | "lanes" | "bodies" | "windows" | "undecryptable">,
  statistics: Pick<StatisticsRecorder, "lagSeconds">,
): void {
  const gauge = createGauges(metrics);
  gauge("bellwire_attempts_in_flight", "Attempts in flight in this process.", () => engine.inFlight);
  gauge(
    "bellwire_lanes_owned",
    "Endpoints whose lanes this process owns: it sends their deliveries.",
    () => engine.lanes,
  );
  gauge(
    "bellwire_undecryptable_endpoints",
    "Endpoints with due deliveries whose settings this process cannot decrypt: their deliveries are held.",
    () => engine.undecryptable,
  );
  gauge(
    "bellwire_bodies_in_memory_bytes",
    "Bodies of deliveries in the memory of this process: read ahead, in flight, or not recorded yet.",
    () => engine.bodies.bytes,
  );
  gauge(
    "bellwire_bodies_in_memory_max_bytes",
    "Room for these bodies. Without any, others wait in the database; receivers that are not quick have half of it.",
    () => engine.bodies.bytesMax,
  );
  gauge("bellwire_windows_slots", "Sum of the concurrency windows of all lanes.", () =>
    engine.windows.reduce((sum, size) => sum + size, 0),
  );
  gauge("bellwire_windows_narrowest_slots", "Smallest concurrency window of a lane; 0 without lanes.", () =>
    engine.windows.reduce((least, size) => (least === 0 ? size : Math.min(least, size)), 0),
  );
  gauge(
    "bellwire_statistics_lag_seconds",
    "Age of the oldest attempt of this process that the statistics do not contain yet: seconds, or minutes with 10,000 busy endpoints.",
    () => statistics.lagSeconds,
  );
}

/** Returns a function that is told whether all parts of a run of housekeeping have succeeded. */
export function measureHousekeeping(metrics: Registry, clock: Pick<Clock, "monotonicMs">): (isDone: boolean) => void {
  let failingSinceMs: number | undefined;
  const failing: Gauge = new Gauge({
    name: "bellwire_housekeeping_failing_seconds",
    help: "How long parts of this process's housekeeping have failed without a run in which all succeeded; otherwise 0. Expired history may stay.",
    registers: [metrics],
    collect: () => failing.set(failingSinceMs === undefined ? 0 : (clock.monotonicMs() - failingSinceMs) / 1000),
  });
  return (isDone) => (failingSinceMs = isDone ? undefined : (failingSinceMs ?? clock.monotonicMs()));
}

/** Wraps a store to measure its main steps: claiming lanes, reading due deliveries, settling outcomes. */
export function measureLaneStore(metrics: Registry, store: LaneStore, clock: Clock): LaneStore {
  const seconds = new Histogram({
    name: "bellwire_engine_step_duration_seconds",
    help: "Duration of the engine's statements: take (claims lanes), read (due deliveries), settle (outcomes, in batches).",
    labelNames: ["step"] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [metrics],
  });
  const timed = async <T>(step: "take" | "read" | "settle", work: () => Promise<T>): Promise<T> => {
    const startedMs = clock.monotonicMs();
    try {
      return await work();
    } finally {
      seconds.observe({ step }, (clock.monotonicMs() - startedMs) / 1000);
    }
  };
  return {
    ...store,
    claim: (...call) => timed("take", () => store.claim(...call)),
    readRuns: (...args) => timed("read", () => store.readRuns(...args)),
    readDue: (...args) => timed("read", () => store.readDue(...args)),
    settle: (...args) => timed("settle", () => store.settle(...args)),
  };
}

/**
 * Registers the backlog in the database, the same from every process. If the database does not respond in time, these metrics are NaN.
 */
export function measureBacklog(metrics: Registry, measured: Measured): void {
  const db = askInTime(measured);
  const addGauge = createGauges(metrics);
  const gauge = (name: string, help: string, read: () => Promise<number>): void =>
    addGauge(name, `${help} The same from every process.`, read);
  // One statement serves all gauges of a scrape.
  let measuring: Promise<DueMeasure> | undefined;
  const measure = (): Promise<DueMeasure> =>
    (measuring ??= measureDue(db).finally(() => {
      measuring = undefined;
    }));
  gauge(
    "bellwire_due_deliveries",
    "Deliveries that are due and not held, counted up to 10,000.",
    async () => (await measure()).due,
  );
  gauge(
    "bellwire_oldest_due_age_seconds",
    "How long the oldest of them could have been sent already; 0 without one. Excludes pauses of receivers (Retry-After, no response).",
    async () => (await measure()).oldestAgeSeconds,
  );
  gauge(
    "bellwire_oldest_undelivered_event_age_seconds",
    "Age of the oldest event that an endpoint has not received, including those that wait for a retry or in their ordering key; 0 without one. Excludes held deliveries, manual retries and replays.",
    async () => (await measure()).oldestEventAgeSeconds,
  );
  gauge(
    "bellwire_receivers_silent_together",
    "Receivers (host names) that do not respond, have waiting deliveries, and began to fail within an hour of each other. More than one suggests that this side cannot reach them.",
    () => countSilentTogether(db),
  );
  gauge(
    "bellwire_held_deliveries",
    "Deliveries that wait for endpoints that are off, paused, disabled or held after a restore, counted up to 100,000.",
    () => countHeld(db),
  );
  gauge("bellwire_failures", "Deliveries on the failure lists, counted up to 100,000.", () => countAllFailures(db));
  gauge("bellwire_mails_waiting", "Mails that are not sent yet, counted up to 10,000.", () => countWaitingMails(db));
  gauge(
    "bellwire_mails_refused_seconds",
    "How long the mail server has refused every mail, or does not respond; 0 while it accepts mails, and without BELLWIRE_SMTP_URL.",
    () => measureRefusedMails(db),
  );
}

/**
 * Returns a function that returns for how many seconds its calls have seen the same transaction as the oldest one that writes. A lower
 * number than before is that of a transaction of another database, which ended while it was compared.
 */
function watchOldestTransaction(db: Database, machine: Pick<Clock, "monotonicMs">): () => Promise<number> {
  let oldest = { number: 0n, seenMs: 0 };
  return async () => {
    const { oldestRunning, nextToStart } = await sampleTransactions(db);
    const nowMs = machine.monotonicMs();
    const isNone = oldestRunning === nextToStart;
    if (isNone || oldestRunning > oldest.number) oldest = { number: oldestRunning, seenMs: nowMs };
    return (nowMs - oldest.seenMs) / 1000;
  };
}

/** Registers the size of a database and the space on its disk. */
function measureDisk(gauge: ReturnType<typeof createGauges>, { db, machine }: Measured): void {
  const free = (): { readonly bytes: number; readonly ofBytes: number } =>
    diskSpaceOf(db).free ?? { bytes: Number.NaN, ofBytes: Number.NaN };
  gauge(
    "bellwire_database_disk_free_bytes",
    "Free space on the disk of the embedded database, as the web role sees it. NaN with DATABASE_URL: monitor the disk of that server.",
    () => free().bytes,
  );
  gauge("bellwire_database_disk_free_ratio", "The free part of that disk.", () => free().bytes / free().ofBytes);
  gauge(
    "bellwire_database_full",
    "1 while changes are refused because that disk is nearly full, and for a minute after any database has refused this process a statement for lack of space.",
    () => (diskSpaceOf(db).problem(machine.monotonicMs()) === undefined ? 0 : 1),
  );
  gauge(
    "bellwire_database_bytes",
    "Size of the database. The same from every process.",
    async () => (await queryRow<{ bytes: number }>(db, "select pg_database_size(current_database()) as bytes")).bytes,
  );
}

/** Registers the disk, and warnings about the clock, missing tables, failovers and long transactions. */
export function measureDatabase(metrics: Registry, measured: Measured): void {
  const db = askInTime(measured);
  const gauge = createGauges(metrics);
  measureDisk(gauge, { ...measured, db });
  gauge(
    "bellwire_clock_ahead_seconds",
    "How far this machine's clock is ahead of the database's, which Bellwire follows; negative if it is behind.",
    async () => (measured.machine.now().getTime() - (await readHistoryDays(db)).now.getTime()) / 1000,
  );
  gauge(
    "bellwire_history_days_ready",
    "Consecutive days, from today, that have their partitions; at 0 nothing can be recorded. The same from every process.",
    async () => (await readHistoryDays(db)).daysReady,
  );
  gauge(
    "bellwire_retention_behind_seconds",
    "How far the clock of the retention is behind the database's: up to an hour, more after a leap of the database's clock. The same from every process.",
    () => readRetentionBehind(db),
  );
  gauge(
    "bellwire_held_endpoints",
    "Endpoints that are held after a restore, until bellwire resume --after-restore. The same from every process.",
    () => countHeldEndpoints(db),
  );
  gauge(
    "bellwire_held_mails_and_jobs",
    "Mails and jobs that are held after a restore, until bellwire resume --after-restore. The same from every process.",
    async () => {
      const held = [...(await listHeldMails(db)), ...(await listHeldJobs(db))];
      return held.reduce((sum, { count }) => sum + count, 0);
    },
  );
  gauge(
    "bellwire_database_switches",
    "How often the database continued from an earlier state, after a failover or a restore: changes may be lost. The same from every process.",
    async () => (await readDatabaseSwitches(db)).count,
  );
  gauge(
    "bellwire_developer_limits_used_ratio",
    "How much of a limit the developers of the busiest provider have used in this hour, as this process knows; at 1 their changes are refused.",
    () => largestUsageOfDevelopers(db, measured.machine.now()),
  );
  gauge(
    "bellwire_feeds_held_seconds",
    "How long one transaction of any program has kept later events from the stream, the feeds and replays, since the first scrape that saw it; 0 without one.",
    watchOldestTransaction(db, measured.machine),
  );
}

/** Measures how long work waits for a connection of this process's pool: a sign of slow statements or of too few connections. */
export function measurePool(metrics: Registry, pool: Pick<OpenedPool, "waiting" | "onWait">): void {
  const gauge = createGauges(metrics);
  gauge(
    "bellwire_database_waiting",
    "Statements and transactions of this process that wait for a database connection.",
    () => pool.waiting,
  );
  const seconds = new Histogram({
    name: "bellwire_database_wait_seconds",
    help: "How long statements and transactions waited if no connection was idle, including the time to connect. After 10 s they are refused.",
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 10],
    registers: [metrics],
  });
  pool.onWait((waited) => seconds.observe(waited));
}
