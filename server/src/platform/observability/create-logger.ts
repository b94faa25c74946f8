import { pino, type Logger, type SerializedError, stdSerializers } from "pino";
import { withoutSecrets } from "./without-secrets.ts";

const stderr = 2;

/**
 * One JSON line for each thing that happened, on stderr: stdout is for people. Lines that come while others are being
 * written go together, and the last ones are written when the process exits; what is killed may lose some.
 *
 * @param into a file instead of stderr
 */
export function createLogger(level: string, into: string | number = stderr): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      formatters: { log: withoutSecrets },
      serializers: { err: withoutValues, error: withoutValues },
    },
    pino.destination({ dest: into, sync: false }),
  );
}

/** What PostgreSQL adds to an error quotes the row: its detail, its parameters. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code }: SerializedError & { code?: unknown } = stdSerializers.err(error);
  return { type, message, stack, code };
}
