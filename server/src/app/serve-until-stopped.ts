import type { Config, Role } from "#platform/config/read-config.ts";
import { changeLogLevel, createLogger } from "#platform/logger.ts";
import { EngineSupervisor, hasEngineProcess } from "./engine-supervisor.ts";

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs until a signal stops it, then closes everything in order; further signals change nothing, except that
 * they end the delay before a stop. SIGUSR2 switches between the
 * configured log level and `debug`. Returns the exit code. An uncaught error stops it in the same order, with code 1.
 */
export async function serveUntilStopped(
  config: Config,
  roles: readonly Role[],
  say: (line: string) => void,
): Promise<number> {
  const log = createLogger(config.logLevel);
  const stop = new AbortController();
  let exitCode = 0;
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  stop.signal.addEventListener("abort", () => resolve());
  let isStopping = false;
  const endNow = (): void => {
    if (!stop.signal.aborted) say("stopping: no new requests, deliveries in flight may finish");
    stop.abort();
  };
  for (const signal of stopSignals) {
    process.on(signal, () => {
      if (isStopping || config.stopDelaySeconds === 0) endNow();
      else {
        say(`not ready any more; stopping in ${config.stopDelaySeconds} s, or at another signal`);
        setTimeout(endNow, config.stopDelaySeconds * 1000);
      }
      isStopping = true;
    });
  }
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "a bug that nobody caught; stopping");
    exitCode = 1;
    stop.abort();
  });

  try {
    // Forked before anything else is loaded, so that both processes load at the same time.
    await using supervisor = hasEngineProcess(config, roles) ? new EngineSupervisor() : undefined;
    process.on("SIGUSR2", () => {
      const level = log.level === "debug" ? config.logLevel : "debug";
      changeLogLevel(log, level);
      supervisor?.setLogLevel(level);
    });
    const { runServer } = await import("./run-server.ts");
    await using _server = await runServer({
      config,
      roles,
      log,
      say,
      supervisor,
      stop: stop.signal,
      isStopping: () => isStopping,
    });
    await stopped;
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
  }
  say("stopped");
  return exitCode;
}
