import { fstatSync, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { isatty } from "node:tty";
import { type Logger, type SerializedError, pino, stdSerializers } from "pino";
import type * as PinoPretty from "pino-pretty";
import { type Clock, systemClock } from "./clock.ts";
import { errorMessage } from "./errors.ts";

const stderr = 2;

/** Too short to notice for a reader of the log. */
const writeEveryMs = 100;

/**
 * Creates a logger that writes to stderr: readable lines on a terminal, JSON lines elsewhere. stdout is for people. The last
 * lines are written at exit; a killed process loses the last 0.1 s. A pipe without a reader does not block the process.
 *
 * @param into a file instead of stderr
 */
export function createLogger(level: string, into: string | number = stderr): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      formatters: { log: redactSecrets },
      serializers: { err: withoutValues, error: withoutValues },
    },
    new LineBuffer(openDestination(into)),
  );
}

/**
 * Returns a function that logs lines of one message, each with other fields of plain values. It renders in half of the time that
 * pino needs, and there is a line for each attempt.
 */
export function createLineLogger(log: Logger, msg: string): (fields: object) => void {
  const lines: unknown = Reflect.get(log, pino.symbols.streamSym);
  if (!(lines instanceof LineBuffer)) return (fields) => log.info(fields, msg);
  const bindings = redactSecrets({ pid: process.pid, ...log.bindings() }); // which leave the process out
  const before = `{"level":${log.levels.values["info"]},"time":`;
  const between = `,${JSON.stringify(bindings).slice(1, -1)}`;
  const after = `,"msg":${JSON.stringify(msg)}}\n`;
  return (fields) => {
    if (!log.isLevelEnabled("info")) return;
    const own = JSON.stringify(shownOf(fields, levelsMax + 1)).slice(1, -1);
    const time = systemClock.now().getTime();
    lines.write(`${before}${time}${between}${own === "" ? "" : `,${own}`}${after}`);
  };
}

type Warn = (fields: object, sentence: string) => void;

/** Lines of one sentence are one episode while less than this is between them. Workers try again within seconds. */
const episodeGapMs = 15_000;
/** Interval of lines within an episode: 1,440 a day instead of the 430,000 of a loop that tries five times a second. */
const repeatEveryMs = 60_000;

/**
 * Returns a function that logs a sentence at once, and its repetitions once a minute with their number, until there has been none for a
 * while. While the database is away, tries fail several times a second. Sentences are constants.
 */
export function limitRepetitions(log: { warn: Warn }, clock: Pick<Clock, "monotonicMs"> = systemClock): Warn {
  const episodes = new Map<string, { lastMs: number; loggedMs: number; repetitions: number }>();
  return (fields, sentence) => {
    const nowMs = clock.monotonicMs();
    const episode = episodes.get(sentence);
    if (episode && nowMs - episode.lastMs < episodeGapMs && nowMs - episode.loggedMs < repeatEveryMs) {
      episode.lastMs = nowMs;
      episode.repetitions += 1;
      return;
    }
    const repetitions = episode?.repetitions ?? 0;
    episodes.set(sentence, { lastMs: nowMs, loggedMs: nowMs, repetitions: 0 });
    log.warn(repetitions === 0 ? fields : { ...fields, repetitions }, sentence);
  };
}

/** Changes the level of a running process's lines, and logs that at every level that shows warnings. */
export function changeLogLevel(log: Logger, logLevel: string): void {
  log.level = logLevel;
  log.warn({ logLevel }, "the log level was changed");
}

function openDestination(into: string | number): Destination {
  if (typeof into === "string") return new BoundedFile(openSync(into, "a"), systemClock);
  if (into !== stderr || fstatSync(stderr).isFile()) return new BoundedFile(into, systemClock);
  if (!isatty(stderr)) return new BoundedPipe(process.stderr, systemClock);
  const terminal = pino.destination({ dest: stderr, sync: true, maxLength: bytesMax });
  terminal.on("error", () => undefined); // it was closed, and this process goes on
  const { prettyFactory }: typeof PinoPretty = createRequire(import.meta.url)("pino-pretty"); // no log of a service needs it
  const render = prettyFactory({ colorize: true, singleLine: true, translateTime: "SYS:HH:MM:ss.l", ignore: "pid" });
  return {
    write(lines) {
      for (const line of lines.trimEnd().split("\n")) terminal.write(render(line));
    },
  };
}

/** Details and parameters in errors of PostgreSQL quote the row, so they are omitted. */
function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code }: SerializedError & { code?: unknown } = stdSerializers.err(error);
  const reasons = error instanceof AggregateError ? new Set(error.errors.slice(0, reasonsMax).map(errorMessage)) : [];
  return { type, message: [message, ...reasons].filter((each) => each !== "").join(": "), stack, code };
}

/** An error of many providers or addresses has an error for each. */
const reasonsMax = 10;

/** Fields that are never logged. Callers omit them; this is a safety net. */
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
 * Returns the fields with secrets redacted, three levels deep. Most lines have none and are returned unchanged: 0.3 µs per
 * line, against 20 µs of pino's own `redact` with the same names, and there is a line for each attempt.
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

/** Errors and requests have their own serializers. */
const isPlain = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** A file or a pipe. */
interface Destination {
  write(text: string): unknown;
}

/** About 16 KiB: a write costs as much as rendering two lines. */
const linesMax = 50;

/**
 * Buffers lines until there are many, 0.1 s have passed, or the process exits. Has a timer and a listener only meanwhile, so that a
 * logger that is no longer used is freed. pino's own buffering measures the whole buffer again for each line: 10 kB of garbage
 * per line, a third of an attempt's.
 */
export class LineBuffer {
  readonly #destination: Destination;
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(destination: Destination) {
    this.#destination = destination;
  }

  write(line: string): void {
    if (this.#lines.push(line) >= linesMax) this.flush();
    else if (!this.#timer) {
      this.#timer = setTimeout(this.flush, writeEveryMs).unref();
      process.once("exit", this.flush);
    }
  }

  readonly flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    process.off("exit", this.flush);
    if (this.#lines.length === 0) return;
    this.#destination.write(this.#lines.join(""));
    this.#lines = [];
  };
}

interface Pipe {
  readonly writableLength: number;
  write(text: string): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  listenerCount(event: "error"): number;
}

/** About 2,000 lines. */
const bytesMax = 1024 * 1024;

/**
 * Writes log lines to a pipe whose reader may stall or end, without blocking and without unbounded memory. Lines beyond a
 * megabyte are dropped; once there is space again, a warning reports how many.
 */
class BoundedPipe {
  readonly #pipe: Pipe;
  readonly #clock: Pick<Clock, "now">;
  #dropped = 0;

  constructor(pipe: Pipe, clock: Pick<Clock, "now">) {
    this.#pipe = pipe;
    this.#clock = clock;
    if (pipe.listenerCount("error") === 0) pipe.on("error", () => undefined); // its reader has ended
  }

  write(lines: string): void {
    if (this.#pipe.writableLength >= bytesMax) {
      this.#dropped += lines.split("\n").length - 1;
      return;
    }
    this.#pipe.write(this.#dropped === 0 ? lines : this.#warning() + lines);
  }

  #warning(): string {
    const line = renderDropped(this.#clock, this.#dropped, "log lines dropped: the log was not read");
    this.#dropped = 0;
    return line;
  }
}

/** Formatted like other lines; level 40 is a warning. */
const renderDropped = (clock: Pick<Clock, "now">, dropped: number, msg: string): string =>
  `${JSON.stringify({ level: 40, time: clock.now().getTime(), pid: process.pid, dropped, msg })}\n`;

/**
 * Writes log lines to a file whose disk may be full, which must not end the process. Lines that do not fit are dropped; once there is
 * space again, a warning reports how many.
 */
class BoundedFile {
  readonly #file: number;
  readonly #clock: Pick<Clock, "now">;
  #dropped = 0;
  /** The file ends with a part of a line. */
  #isCut = false;

  constructor(file: number, clock: Pick<Clock, "now">) {
    this.#file = file;
    this.#clock = clock;
  }

  write(lines: string): void {
    const missed =
      this.#dropped === 0 ? "" : renderDropped(this.#clock, this.#dropped, "log lines dropped: the disk was full");
    let rest = Buffer.from(`${this.#isCut ? "\n" : ""}${missed}${lines}`);
    try {
      while (rest.length > 0) {
        rest = rest.subarray(writeSync(this.#file, rest));
        this.#isCut = rest.length > 0;
      }
      this.#dropped = 0;
    } catch {
      this.#dropped += lines.split("\n").length - 1;
    }
  }
}
