import type { Config, Role } from "#platform/config/read-config.ts";
import { changeLogLevel, createLogger } from "#platform/logger.ts";
import { EngineSupervisor, hasEngineProcess } from "./engine-supervisor.ts";

const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs until a signal stops it, then closes everything in order; further signals change nothing. SIGUSR2 switches between the
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
  for (const signal of stopSignals) {
    process.on(signal, () => {
      if (!stop.signal.aborted) say("stopping: no new requests, deliveries in flight may finish");
      stop.abort();
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
    await using _server = await runServer({ config, roles, log, say, supervisor, stop: stop.signal });
    await stopped;
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
  }
  say("stopped");
  return exitCode;
}
