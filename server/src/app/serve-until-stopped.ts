import type { Logger } from "pino";
import type { Config, Role } from "#platform/config/read-config.ts";
import { asStartFailure } from "#platform/database/connection.ts";
import { CannotStart } from "#platform/errors.ts";
import { changeLogLevel, createLogger } from "#platform/logger.ts";
import { startServerAhead } from "#platform/embedded-postgres/open-embedded-postgres.ts";
import { EngineSupervisor, hasEngineProcess } from "./engine-supervisor.ts";

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs until a signal stops it, then closes everything in order. A further signal only ends the delay before the stop. SIGUSR2 switches
 * between the configured log level and `debug`. Returns the exit code. An uncaught error stops it in the same order, with code 1.
 */
export async function serveUntilStopped(
  config: Config,
  roles: readonly Role[],
  printStatus: (line: string) => void,
): Promise<number> {
  const log = createLogger(config.logLevel);
  const stop = new StopRequest(config.stopDelaySeconds, printStatus);
  let exitCode = 0;
  for (const signal of stopSignals) process.on(signal, () => stop.request());
  const fail = (error: unknown): void => {
    log.fatal({ err: error }, "a bug that nobody caught; stopping");
    exitCode = 1;
    stop.end();
  };
  process.on("uncaughtException", fail);

  try {
    // Forked before anything else is loaded, so that both processes load at the same time.
    await using supervisor = hasEngineProcess(config, roles) ? new EngineSupervisor() : undefined;
    process.on("SIGUSR2", () => toggleDebug(log, config, supervisor));
    // PostgreSQL recovers from a crash in the time that loading the rest takes.
    const { signal, isRequested } = stop;
    await using ahead = config.isEmbedded
      ? await startServerAhead(config.dataDir, { printStatus, stop: signal })
      : undefined;
    const { runServer } = await import("./run-server.ts");
    await using _server = await runServer({
      config,
      roles,
      log,
      printStatus,
      supervisor,
      ahead,
      stop: signal,
      isStopping: isRequested,
    });
    await stop.ended;
  } catch (error) {
    const failure = stop.signal.aborted ? error : asStartFailure(error); // a database may become full, or end, after its migration
    if (failure instanceof CannotStart) throw failure;
    if (failure !== stop.signal.reason) fail(failure);
  }
  printStatus("stopped");
  return exitCode;
}

/** A requested stop. It begins with a delay, in which `/readyz` responds 503 and requests are still served. */
class StopRequest {
  readonly #controller = new AbortController();
  readonly #delaySeconds: number;
  readonly #printStatus: (line: string) => void;
  #isRequested = false;
  /** Resolves when the delay is over. */
  readonly ended: Promise<void>;

  constructor(delaySeconds: number, printStatus: (line: string) => void) {
    this.#delaySeconds = delaySeconds;
    this.#printStatus = printStatus;
    this.ended = new Promise((resolve) => this.signal.addEventListener("abort", () => resolve()));
  }

  /** Aborts when the delay is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly isRequested = (): boolean => this.#isRequested;

  /** Begins the delay. A second request ends it. */
  request(): void {
    if (this.#isRequested || this.#delaySeconds === 0) {
      if (!this.signal.aborted) this.#printStatus("stopping: no new requests, deliveries in flight may finish");
      this.end();
    } else {
      this.#printStatus(`not ready any more; stopping in ${this.#delaySeconds} s, or at another signal`);
      setTimeout(() => this.request(), this.#delaySeconds * 1000);
    }
    this.#isRequested = true;
  }

  end(): void {
    this.#isRequested = true;
    this.#controller.abort();
  }
}

function toggleDebug(
  log: Logger,
  { logLevel }: Pick<Config, "logLevel">,
  supervisor: EngineSupervisor | undefined,
): void {
  const level = log.level === "debug" ? logLevel : "debug";
  changeLogLevel(log, level);
  supervisor?.setLogLevel(level);
}
