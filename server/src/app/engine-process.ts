/**
 * The engine role of `bellwire serve` in a process of its own, so that a busy API cannot delay deliveries. The process that
 * starts it (engine-supervisor.ts) controls it by messages, and alone decides when it stops.
 */
import type { Environment } from "#platform/config/parsers.ts";
import { readConfig } from "#platform/config/read-config.ts";
import { asStartFailure } from "#platform/database/connection.ts";
import type { PendingHints } from "#platform/database/database.ts";
import type { HintCarrier } from "#platform/database/hints.ts";
import { type DatabaseAccess, joinDatabase } from "#platform/database/open-database.ts";
import { CannotStart } from "#platform/errors.ts";
import { changeLogLevel, createLogger } from "#platform/logger.ts";
import { providerUrls } from "./listening.ts";
import type { Metrics } from "./cell-contexts.ts";
import { startEngines } from "./engines.ts";
import { openParts } from "./open-parts.ts";
import { openDirectory } from "./start-without-directory.ts";

interface StartMessage {
  readonly kind: "start";
  /** How a browser on this machine reaches the web role. */
  readonly localUrl: string;
  readonly access: DatabaseAccess;
}

interface StopMessage {
  readonly kind: "stop";
  /** How long attempts in flight may take to finish. */
  readonly drainMs: number;
  /** The process exits after this time at the latest. */
  readonly withinMs: number;
}

export type ToEngine =
  | StartMessage
  | StopMessage
  | { readonly kind: "hints"; readonly channel: string; readonly values: readonly string[] }
  | { readonly kind: "metrics" }
  | { readonly kind: "log-level"; readonly level: string };

export type FromEngine =
  | { readonly kind: "ready" }
  /** It cannot start, for a reason that the operator can fix. */
  | { readonly kind: "refused"; readonly reason: string }
  /** It listens to the hints of this channel. */
  | { readonly kind: "listen"; readonly channel: string }
  | { readonly kind: "hints"; readonly hints: PendingHints }
  | { readonly kind: "metrics"; readonly metrics: Metrics };

/** Without its supervisor it ends soon, because a successor may already be waiting for its lanes. */
const orphaned = { drainMs: 1000, withinMs: 3000 } as const;

/** Runs until a stop message arrives or the supervisor is gone. Returns the exit code. */
export async function runEngineProcess(env: Environment): Promise<number> {
  const config = readConfig(env);
  const log = createLogger(config.logLevel);
  const hints = new HintsByMessage();
  const start = Promise.withResolvers<StartMessage>();
  const stop = Promise.withResolvers<Pick<StopMessage, "drainMs" | "withinMs">>();
  let readMetrics = async (): Promise<Metrics> => [];

  ignoreSignals();
  process.on("message", (message: ToEngine) => {
    if (message.kind === "start") start.resolve(message);
    if (message.kind === "stop") stop.resolve(message);
    if (message.kind === "hints") hints.dispatch(message.channel, message.values);
    if (message.kind === "log-level") changeLogLevel(log, message.level);
    if (message.kind === "metrics") void readMetrics().then((metrics) => send({ kind: "metrics", metrics }));
  });
  process.on("disconnect", () => stop.resolve(orphaned));
  if (!process.connected) stop.resolve(orphaned);
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "a bug in the engine process that nobody caught; it ends and is started again");
    process.exit(1);
  });

  const stopping = new AbortController();
  void stop.promise.then(() => stopping.abort());
  void stop.promise.then(({ withinMs }) => setTimeout(() => process.exit(1), withinMs).unref());
  const first = await Promise.race([start.promise, stop.promise]);
  if (!("access" in first)) return 0;
  try {
    await using running = new AsyncDisposableStack();
    const urls = providerUrls(config.publicUrl ?? first.localUrl, config.baseDomain);
    const { access } = first;
    const printStatus = (line: string): void => log.info(line);
    const open = async () => {
      const pool = await joinDatabase(access, { log, hints });
      return { access, pool, [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose]() };
    };
    const openDatabase = () => openDirectory({ config, log, printStatus, running, open });
    const parts = await openParts({ config, log, urls, openDatabase, printStatus, running, stop: stopping.signal });
    let drainMs = 0;
    running.use(await startEngines(parts, () => drainMs));
    readMetrics = async () => (await Promise.all([parts.metrics.getMetricsAsJSON(), parts.cells.readMetrics()])).flat();
    send({ kind: "ready" });
    ({ drainMs } = await stop.promise);
  } catch (error) {
    const failure = asStartFailure(error);
    if (!(failure instanceof CannotStart)) throw failure;
    send({ kind: "refused", reason: failure.message });
    return 1;
  }
  return 0;
}

/** Ctrl-C and service managers signal the whole group. The engine must run until the web role has stopped. */
function ignoreSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"] as const) process.on(signal, () => undefined);
}

/** Ignores a supervisor that has died, because `disconnect` follows. */
function send(message: FromEngine): void {
  process.send?.(message, undefined, {}, () => undefined);
}

/** Exchanges hints with the supervisor. Its connection notifies the other processes and listens to them. */
class HintsByMessage implements HintCarrier {
  readonly #listeners = new Map<string, Set<(values: readonly string[]) => void>>();

  on(channel: string, listener: (values: readonly string[]) => void): () => void {
    const known = this.#listeners.get(channel);
    const listeners = known ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    if (!known) send({ kind: "listen", channel });
    return () => listeners.delete(listener);
  }

  hasListeners(channel: string): boolean {
    return (this.#listeners.get(channel)?.size ?? 0) > 0;
  }

  /** The supervisor sends them back if this process listens to their channel. */
  publish(hints: PendingHints): void {
    if (hints.own.size > 0 || hints.others.size > 0) send({ kind: "hints", hints });
  }

  dispatch(channel: string, values: readonly string[]): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener(values);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
  }
}
