import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { AggregatorRegistry, Counter, type Registry } from "prom-client";
import { systemClock } from "#platform/clock.ts";
import type { Config, Role } from "#platform/config/read-config.ts";
import { isOpenToOthers } from "#platform/database/database.ts";
import type { HintCarrier } from "#platform/database/hints.ts";
import type { OpenedDatabase } from "#platform/database/open-database.ts";
import { CannotStart } from "#platform/errors.ts";
import type { Metrics } from "./cell-contexts.ts";
import { answerMsMax } from "./metrics.ts";
import type { FromEngine, ToEngine } from "./engine-process.ts";

const program = fileURLToPath(new URL("../../bin/bellwire", import.meta.url));
/** The delay of the second restart. The first one has none, because loading the program takes a fifth of a second. */
const restartMsMin = 100;
const restartMsMax = 10_000;
/** After this long an engine process counts as healthy, and the next restart is quick again. */
const healthyMs = 60_000;

/**
 * Returns how long to wait before the restart of a process that ran for `ranMs`.
 *
 * @param lastWaitMs the wait before its own start; undefined if that was the first
 */
export function restartWaitMs(lastWaitMs: number | undefined, ranMs: number): number {
  if (lastWaitMs === undefined || ranMs > healthyMs) return 0;
  return Math.min(Math.max(2 * lastWaitMs, restartMsMin), restartMsMax);
}

/** A scrape does not wait longer for the engine's metrics. The engine itself waits for a database that does not respond. */
const metricsMsMax = 2 * answerMsMax;
/** After its drain, an engine needs at most this long to release its lanes and close its connections. */
const closeMsMax = 3000;

/** Returns whether the engine gets its own process. By default it does where there is a second core for it. */
export function hasEngineProcess({ engineProcess }: Pick<Config, "engineProcess">, roles: readonly Role[]): boolean {
  if (roles.length < 2 || engineProcess === "shared") return false;
  return engineProcess === "own" || availableParallelism() > 1;
}

interface EngineNeeds {
  readonly localUrl: string;
  readonly database: Pick<OpenedDatabase, "access"> & { readonly pool: { readonly hints: HintCarrier } };
  readonly log: Logger;
  readonly metrics: Registry;
  /** Returns how long attempts in flight may take to finish. Called when the engine stops. */
  readonly drainMs: () => number;
}

/**
 * Forks the engine process, which loads its program while the database is being opened. `start` starts the engine in it; from then
 * on the process is restarted when it ends. Closing drains the engine; closing again does nothing.
 */
export class EngineSupervisor implements AsyncDisposable {
  readonly #closing = new AbortController();
  #child = new EngineChild();
  #kept: Promise<void> = Promise.resolve();
  #drainMs = (): number => 0;
  #logLevel: string | undefined;

  /** Resolves once the engine is ready. */
  async start(needs: EngineNeeds): Promise<void> {
    this.#drainMs = needs.drainMs;
    await this.#child.start(needs);
    this.#kept = this.#keepRunning(needs);
  }

  /** Changes the level of the engine's log lines, also after a restart. */
  setLogLevel(level: string): void {
    this.#logLevel = level;
    this.#child.setLogLevel(level);
  }

  /** Empty during a restart. */
  readMetrics(): Promise<Metrics> {
    return this.#child.readMetrics();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#child.stop(this.#drainMs());
    await this.#kept;
  }

  async #keepRunning(needs: EngineNeeds): Promise<void> {
    const restarts = measureRestarts(needs.metrics);
    const { signal } = this.#closing;
    let waitMs: number | undefined;
    let startedAtMs = systemClock.monotonicMs();
    for (;;) {
      const end = await this.#child.ended;
      if (signal.aborted) return;
      waitMs = restartWaitMs(waitMs, systemClock.monotonicMs() - startedAtMs);
      needs.log.error({ ...end, againInMs: waitMs }, "the engine process ended; starting it again");
      if (waitMs > 0) await systemClock.sleep(waitMs, signal);
      if (signal.aborted) return;
      restarts.inc();
      startedAtMs = systemClock.monotonicMs();
      this.#child = new EngineChild();
      if (this.#logLevel !== undefined) this.#child.setLogLevel(this.#logLevel);
      await this.#child.start(needs).catch((error: unknown) => {
        needs.log.error({ err: error }, "the engine process could not start");
      });
    }
  }
}

export const measureRestarts = (metrics: Registry): Counter =>
  new Counter({
    name: "bellwire_engine_restarts_total",
    help: "How often the engine's process ended unexpectedly and was restarted.",
    registers: [metrics],
  });

/** The engine's process counts as stalled from this many untaken hints on: those of 0.4 s at 500 changes a second. */
const untakenMax = 200;

/**
 * Bounds the hints that wait in this process's memory for one that is stalled. Own hints carry rows, so they are dropped while too
 * many wait. Afterwards one hint makes the engine look everywhere.
 */
export class HintBacklog {
  readonly #send: (message: ToEngine, onTaken: () => void) => void;
  #untaken = 0;
  #hasDropped = false;

  /** @param send calls `onTaken` once the message is written */
  constructor(send: (message: ToEngine, onTaken: () => void) => void) {
    this.#send = send;
  }

  pass(channel: string, values: readonly string[]): void {
    if (this.#untaken >= untakenMax && !isOpenToOthers(channel)) {
      this.#hasDropped = true;
      return;
    }
    this.#untaken += 1;
    this.#send({ kind: "hints", channel, values }, () => {
      this.#untaken -= 1;
      if (!this.#hasDropped || this.#untaken > 0) return;
      this.#hasDropped = false;
      this.pass("due", []);
    });
  }
}

interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One run of the engine process. */
class EngineChild {
  readonly ended: Promise<ProcessEnd>;
  readonly #process: ChildProcess;
  readonly #listening = new AsyncDisposableStack();
  readonly #backlog = new HintBacklog((message, onTaken) => this.#send(message, onTaken));
  #waiting: ((metrics: Metrics) => void)[] = [];
  #isStarted = false;

  constructor() {
    this.#process = fork(program, ["engine-process"], {
      // A debugger's port is this process's; the engine's flags are set by the program itself.
      execArgv: process.execArgv.filter((flag) => !flag.startsWith("--inspect")),
      serialization: "advanced",
      // Shares the files of this process instead of pipes, so that a busy web role does not delay the engine's log lines.
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.ended = new Promise((resolve) => {
      this.#process.on("error", () => resolve({ exitCode: null, signal: null })); // it could not be started
      this.#process.on("exit", (exitCode, signal) => resolve({ exitCode, signal }));
    });
    void this.ended.then(() => this.#close());
  }

  async start({ localUrl, database }: Pick<EngineNeeds, "localUrl" | "database">): Promise<void> {
    this.#isStarted = true;
    const ready = Promise.withResolvers<void>();
    this.#process.on("message", (message: FromEngine) => {
      if (message.kind === "ready") ready.resolve();
      if (message.kind === "refused") ready.reject(new CannotStart(message.reason));
      if (message.kind === "hints") database.pool.hints.publish(message.hints);
      if (message.kind === "metrics") for (const answer of this.#waiting.splice(0)) answer(message.metrics);
      if (message.kind === "listen") this.#passOn(message.channel, database.pool.hints);
    });
    void this.ended.then((end) => ready.reject(new Error(`The engine process ended: ${JSON.stringify(end)}`)));
    this.#send({ kind: "start", localUrl, access: database.access });
    await ready.promise;
  }

  setLogLevel(level: string): void {
    this.#send({ kind: "log-level", level });
  }

  readMetrics(): Promise<Metrics> {
    if (!this.#process.connected) return Promise.resolve([]);
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve([]), metricsMsMax);
      this.#waiting.push((metrics) => {
        clearTimeout(late);
        resolve(metrics);
      });
      this.#send({ kind: "metrics" });
    });
  }

  async stop(drainMs: number): Promise<void> {
    if (!this.#isStarted) this.#process.kill("SIGKILL"); // it has no work yet
    const withinMs = drainMs + closeMsMax;
    this.#send({ kind: "stop", drainMs, withinMs });
    const stuck = setTimeout(() => this.#process.kill("SIGKILL"), withinMs + 500);
    await this.ended;
    clearTimeout(stuck);
  }

  #passOn(channel: string, hints: HintCarrier): void {
    this.#listening.defer(hints.on(channel, (values) => this.#backlog.pass(channel, values)));
  }

  /** Ignores a process that has just died; its end triggers the restart. */
  #send(message: ToEngine, onTaken: () => void = () => undefined): void {
    if (this.#process.connected) this.#process.send(message, onTaken);
  }

  #close(): void {
    void this.#listening.disposeAsync();
    for (const answer of this.#waiting.splice(0)) answer([]);
  }
}

/** The part of a registry that `/metrics` uses. */
export type Scraped = Pick<Registry, "contentType" | "metrics">;

interface MoreMetrics {
  /** Those of cells other than the default one. All have the label `cell`. */
  readonly cells: () => Promise<Metrics>;
  /** Those of the engine's own process, if it has one. */
  readonly engine: (() => Promise<Metrics>) | undefined;
}

/**
 * Adds the metrics of other cells and of the engine's own process to those of this one. Metrics of the engine that
 * this process has too, such as memory, get the label `process="engine"`: a sum of two processes would hide the one in trouble.
 */
export function withMoreMetrics(own: Registry, { cells, engine }: MoreMetrics): Scraped {
  return {
    contentType: own.contentType,
    async metrics() {
      const [ours, others, engines] = await Promise.all([own.getMetricsAsJSON(), cells(), engine?.() ?? []]);
      const names = new Set([...ours, ...others].map(({ name }) => name));
      const labelled = engines.map((metric) =>
        names.has(metric.name) ? { ...metric, values: metric.values.map(withProcessLabel) } : metric,
      );
      // No two values have the same name and labels, so they need no aggregation.
      const apart = [...ours, ...others, ...labelled].map((metric) => ({ ...metric, aggregator: "sum" as const }));
      return AggregatorRegistry.aggregate([apart]).metrics();
    },
  };
}

const withProcessLabel = <Value extends { readonly labels: object }>(value: Value): Value => ({
  ...value,
  labels: { ...value.labels, process: "engine" },
});
