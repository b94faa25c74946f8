import { pino, type Logger, type SerializedError, stdSerializers } from "pino";

const stderr = 2;

/** Names of fields that no line may show, wherever in it they stand. The lines themselves are written without them. */
const secretFields = [
  "password",
  "secret",
  "token",
  "access_token",
  "provider_key",
  "user_key",
  "authorization",
  "cookie",
  "set-cookie",
];

/** One JSON line for each thing that happened, on stderr: stdout is for people. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      redact: secretFields.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
      serializers: { err: withoutValues },
    },
    pino.destination({ dest: stderr, sync: true }),
  );
}

/** What PostgreSQL adds to an error quotes the row: its detail, its parameters. */
function withoutValues(error: Error): Pick<SerializedError, "type" | "message" | "stack"> & { code?: unknown } {
  const { type, message, stack, code } = stdSerializers.err(error);
  return { type, message, stack, code };
}
