import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import { pino, type Logger, type SerializedError, stdSerializers } from "pino";
import { systemClock } from "#platform/clock/clock.ts";
import { BoundedPipe } from "./bounded-pipe.ts";
import { LinesTogether } from "./lines-together.ts";
import { withoutSecrets } from "./without-secrets.ts";

const stderr = 2;

/** Nobody who watches a log notices a wait of this length. */
const writeEveryMs = 100;

/**
 * One JSON line for each thing that happened, on stderr: stdout is for people. The last ones are written when the process
 * exits; one that is killed loses a tenth of a second of them. A pipe that nobody reads does not stop the process.
 *
 * @param into a file instead of stderr
 */
export function createLogger(level: string, into: string | number = stderr): Logger {
  const isPipe = into === stderr && !fstatSync(stderr).isFile() && !isatty(stderr);
  const lines = new LinesTogether(
    isPipe ? new BoundedPipe(process.stderr, systemClock) : pino.destination({ dest: into, sync: true }),
  );
  setInterval(() => lines.flush(), writeEveryMs).unref();
  process.on("exit", () => lines.flush());
  return pino(
    {
      level,
      base: { pid: process.pid },
      formatters: { log: withoutSecrets },
      serializers: { err: withoutValues, error: withoutValues },
    },
    lines,
  );
}

/** What PostgreSQL adds to an error quotes the row: its detail, its parameters. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code }: SerializedError & { code?: unknown } = stdSerializers.err(error);
  return { type, message, stack, code };
}
