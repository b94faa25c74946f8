import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import { type Logger, type SerializedError, pino, stdSerializers } from "pino";
import { type Clock, systemClock } from "./clock.ts";

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
  const lines = new LineBuffer(
    isPipe ? new BoundedPipe(process.stderr, systemClock) : pino.destination({ dest: into, sync: true }),
  );
  setInterval(() => lines.flush(), writeEveryMs).unref();
  process.on("exit", () => lines.flush());
  return pino(
    {
      level,
      base: { pid: process.pid },
      formatters: { log: redactSecrets },
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

/** Names of fields that no line may show. The lines are written without them; this is the net below. */
const secretFields: ReadonlySet<string> = new Set([
  "password",
  "secret",
  "token",
  "access_token",
  "provider_key",
  "user_key",
  "authorization",
  "cookie",
  "set-cookie",
]);
const levelsMax = 3;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The same fields, those with secrets hidden, three levels deep. Nearly every line has none and is given back as it is:
 * this takes 0.3 µs a line, pino's own `redact` with the same names 20 µs, and there is a line for each attempt.
 */
export function redactSecrets(fields: Fields, levels = levelsMax): Fields {
  let clean: Record<string, unknown> | undefined;
  for (const name in fields) {
    const value = fields[name];
    const shown = secretFields.has(name) ? "[hidden]" : shownOf(value, levels - 1);
    if (shown === value) continue;
    clean ??= { ...fields };
    clean[name] = shown;
  }
  return clean ?? fields;
}

const shownOf = (value: unknown, levels: number): unknown =>
  levels > 0 && isPlain(value) ? redactSecrets(value, levels) : value;

/** Errors and requests have serializers of their own. */
const isPlain = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** A file or a pipe. */
interface Destination {
  write(text: string): unknown;
}

/** Some 16 KiB: each write costs as much as making two lines. */
const linesMax = 50;

/**
 * Hands lines on in bundles. pino's own bundling measures all that it has gathered again with every line: 10 kB of garbage
 * a line, which was a third of an attempt's.
 */
export class LineBuffer {
  readonly #destination: Destination;
  #lines: string[] = [];

  constructor(destination: Destination) {
    this.#destination = destination;
  }

  write(line: string): void {
    if (this.#lines.push(line) >= linesMax) this.flush();
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    this.#destination.write(this.#lines.join(""));
    this.#lines = [];
  }
}

interface Pipe {
  readonly writableLength: number;
  write(text: string): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Some 2,000 lines. */
const bytesMax = 1024 * 1024;

/**
 * Writes log lines to a pipe whose reader may stop reading, or end: the process neither waits for it nor keeps lines without
 * limit. Lines beyond a megabyte are dropped; when there is room again, a warning tells how many.
 */
class BoundedPipe {
  readonly #pipe: Pipe;
  readonly #clock: Pick<Clock, "now">;
  #dropped = 0;

  constructor(pipe: Pipe, clock: Pick<Clock, "now">) {
    this.#pipe = pipe;
    this.#clock = clock;
    pipe.on("error", () => undefined); // its reader has ended
  }

  write(lines: string): void {
    if (this.#pipe.writableLength >= bytesMax) {
      this.#dropped += lines.split("\n").length - 1;
      return;
    }
    this.#pipe.write(this.#dropped === 0 ? lines : this.#warning() + lines);
  }

  /** In the form of the other lines; 40 is a warning. */
  #warning(): string {
    const line = { level: 40, time: this.#clock.now().getTime(), pid: process.pid, dropped: this.#dropped };
    this.#dropped = 0;
    return `${JSON.stringify({ ...line, msg: "log lines dropped: the log was not read" })}\n`;
  }
}
