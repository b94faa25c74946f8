import pg from "pg";
import { systemClock } from "../clock.ts";
import { randomHex } from "../ids.ts";
import { type ConnectionWatch, type DatabaseLog, type Session, sessionStatement } from "./connection-watch.ts";
import type { PendingHints } from "./database.ts";
import { StatementPipeline } from "./pipeline.ts";

type Listener = (values: readonly string[]) => void;

interface HintsNeeds {
  readonly connection: () => pg.ClientConfig;
  readonly channel: string;
  readonly log: DatabaseLog;
  readonly watch: ConnectionWatch;
  readonly seen: WalSeen;
}

/** Carries hints between those who leave them and those who listen. */
export interface HintCarrier extends AsyncDisposable {
  /** Calls `listener` with the values of each bundle. Returns how to stop. */
  on(channel: string, listener: Listener): () => void;
  spread(left: PendingHints): void;
}

/** Spreads what transactions left with `hintAfterCommit`: in this process at once, to others by notify. */
export class Hints implements HintCarrier {
  readonly #self = randomHex(8);
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #line: HintConnection;
  readonly #pace = new HintThrottle();
  #forUs: PendingHints = new Map();
  #forOthers: PendingHints = new Map();
  #timer: NodeJS.Timeout | undefined;
  #saidMs = Number.NEGATIVE_INFINITY;

  constructor({ connection, channel, log, watch, seen }: HintsNeeds) {
    this.#line = new HintConnection({
      connection,
      channel,
      log,
      watch,
      seen,
      onOpened: () => {
        for (const hinted of this.#listeners.keys()) this.#tell(hinted, []);
        this.#saySoon();
      },
      onPayload: (payload) => {
        const heard = parseHints(payload);
        if (heard?.from === this.#self) return;
        if (heard) this.#pace.heard(heard.from, systemClock.monotonicMs());
        for (const [hinted, values] of heard?.hints ?? []) this.#tell(hinted, values);
      },
    });
  }

  on(channel: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set<Listener>();
    this.#listeners.set(channel, listeners.add(listener));
    this.#line.open();
    return () => listeners.delete(listener);
  }

  spread(left: PendingHints): void {
    if (left.size === 0) return;
    if (this.#forUs.size === 0) queueMicrotask(() => this.#tellUs());
    merge(this.#forUs, left);
    merge(this.#forOthers, left);
    this.#line.open();
    this.#saySoon();
  }

  /** What was not yet said is said, if the line is open; whoever misses it looks by itself within a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#say();
    await this.#line[Symbol.asyncDispose]();
  }

  #tell(channel: string, values: readonly string[]): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener(values);
  }

  #tellUs(): void {
    const left = this.#forUs;
    this.#forUs = new Map();
    for (const [channel, values] of left) this.#tell(channel, [...values]);
  }

  #saySoon(): void {
    if (!this.#line.isOpen || this.#forOthers.size === 0) return;
    const nowMs = systemClock.monotonicMs();
    const waitMs = Math.max(0, this.#saidMs + this.#pace.everyMs(nowMs) - nowMs);
    this.#timer ??= setTimeout(() => void this.#say(), waitMs);
  }

  async #say(): Promise<void> {
    this.#timer = undefined;
    const left = this.#forOthers;
    if (left.size === 0) return;
    this.#forOthers = new Map();
    this.#saidMs = systemClock.monotonicMs();
    await this.#line.say(serializeHints(this.#self, left));
  }
}

function merge(into: PendingHints, left: PendingHints): void {
  for (const [channel, values] of left) into.set(channel, new Set([...(into.get(channel) ?? []), ...values]));
}

/** What this process knows of the database's past: a database that knows less was brought back (0003_failover.sql). */
export interface WalSeen {
  /** How far the write-ahead log had been flushed, a few seconds ago at most. */
  lsn: string | null;
  switches: number;
}

interface HintConnectionOptions {
  /** How to connect, asked each time. */
  readonly connection: () => pg.ClientConfig;
  /** The name that PostgreSQL's listen and notify know. */
  readonly channel: string;
  readonly log: DatabaseLog;
  readonly watch: ConnectionWatch;
  readonly seen: WalSeen;
  /** Called each time listening has begun: what was said before was not heard. */
  readonly onOpened: () => void;
  readonly onPayload: (payload: string) => void;
}

const firstWaitMs = 100;
/** Engines look every second anyway, so a line that is down for longer costs a second, not a delivery. */
const waitMsMax = 5000;
const askEveryMs = 5000;

/** One connection that hears and says hints between processes. Opened when first needed; comes back by itself. */
class HintConnection implements AsyncDisposable {
  readonly #options: HintConnectionOptions;
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;
  #line: StatementPipeline | undefined;
  #running: Promise<void> | undefined;
  #said: Promise<void> = Promise.resolve();

  constructor(options: HintConnectionOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#client !== undefined;
  }

  open(): void {
    if (!this.#closing.signal.aborted) this.#running ??= this.#keepOpen();
  }

  /** Best effort, as hints are: a line that breaks meanwhile loses the payload. One after another, as a connection wants it. */
  say(payload: string): Promise<void> {
    this.#said = this.#said.then(() => this.#sayNow(payload));
    return this.#said;
  }

  async #sayNow(payload: string): Promise<void> {
    try {
      await this.#line?.query("select pg_notify($1, $2)", [this.#options.channel, payload]);
    } catch (error) {
      this.#options.log.warn({ err: error }, "hint not sent");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#client?.end().catch(() => undefined);
    await this.#running;
  }

  async #keepOpen(): Promise<void> {
    const { signal } = this.#closing;
    let waitMs = firstWaitMs;
    while (!signal.aborted) {
      try {
        await this.#openOnce(() => (waitMs = firstWaitMs));
      } catch (error) {
        if (!signal.aborted)
          this.#options.log.warn({ err: error, againInMs: waitMs }, "hints between processes are down");
      }
      await systemClock.sleep(waitMs, signal);
      waitMs = Math.min(waitMs * 2, waitMsMax);
    }
  }

  /** A line that has gone silent looks like one on which nothing is said. Rejects when there is no answer. */
  async #askNowAndThen(line: StatementPipeline): Promise<void> {
    const { query_timeout = askEveryMs } = this.#options.connection();
    for (;;) {
      await systemClock.sleep(Math.min(askEveryMs, query_timeout), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      const { rows } = await line.query("select pg_current_wal_flush_lsn()::text as lsn", []);
      this.#options.seen.lsn = String(rows[0]?.lsn);
    }
  }

  /** Resolves when the connection has ended, rejects when it broke or never came to be. */
  async #openOnce(opened: () => void): Promise<void> {
    const { connection, channel, watch, onOpened, onPayload } = this.#options;
    const client = new pg.Client(connection());
    const ended = new Promise<void>((resolve, reject) => client.on("end", resolve).on("error", reject));
    ended.catch(() => undefined); // also heard while connecting, where connect() itself rejects
    client.on("notification", ({ payload }) => onPayload(payload ?? ""));
    try {
      await client.connect();
      // A notify commits as everything does. Nothing of it is kept, so it need not wait for the disk.
      const { rows } = await client.query<Session>(sessionStatement);
      const [session] = rows;
      await client.query(`listen ${pg.escapeIdentifier(channel)}; set synchronous_commit = off`);
      const line = new StatementPipeline(client, new Map(), session && watch.add(client, session));
      if (this.#closing.signal.aborted) return;
      this.#client = client;
      this.#line = line;
      opened();
      onOpened();
      await Promise.race([ended, this.#askNowAndThen(line)]);
    } finally {
      this.#client = undefined;
      this.#line = undefined;
      await client.end().catch(() => undefined);
    }
  }
}

/** With one bundle in 5 ms, hints took a tenth of the cost of a change. */
const sayEveryMs = 20;
/** So many processes may each say one bundle in 20 ms. Beyond, all together say no more than they would. */
const fastSpeakers = 4;
/** A process that has said nothing for that long counts no more. */
const silentAfterMs = 2000;

/**
 * How often this process may say its hints. A notify takes a lock of the whole instance when it commits, and wakes every process
 * that listens: were each to say as much as it likes, n processes would be woken n times as often, and the cost grow with n².
 */
export class HintThrottle {
  readonly #heardMs = new Map<string, number>();

  heard(from: string, nowMs: number): void {
    this.#heardMs.set(from, nowMs);
  }

  everyMs(nowMs: number): number {
    for (const [from, heardMs] of this.#heardMs) {
      if (nowMs - heardMs > silentAfterMs) this.#heardMs.delete(from);
    }
    return sayEveryMs * Math.max(1, (this.#heardMs.size + 1) / fastSpeakers);
  }
}

/** PostgreSQL refuses a payload of 8000 bytes or more. */
const payloadBytesMax = 7999;

interface Heard {
  readonly from: string;
  readonly hints: ReadonlyMap<string, readonly string[]>;
}

/** `from` and one list a channel. What does not fit is said without values, which means "look everywhere". */
export function serializeHints(from: string, left: PendingHints): string {
  const payload = JSON.stringify([from, ...[...left].map(([channel, values]) => [channel, ...values])]);
  if (Buffer.byteLength(payload) <= payloadBytesMax) return payload;
  return JSON.stringify([from, ...[...left.keys()].map((channel) => [channel])]);
}

/** Undefined for what is not ours: whoever may connect to the database may say anything on the channel. */
export function parseHints(payload: string): Heard | undefined {
  const [from, ...lists] = parseList(payload);
  if (typeof from !== "string") return undefined;
  const hints = new Map<string, readonly string[]>();
  for (const list of lists) {
    const [channel, ...values] = Array.isArray(list) ? list.filter((it) => typeof it === "string") : [];
    if (channel !== undefined) hints.set(channel, values);
  }
  return { from, hints };
}

function parseList(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
