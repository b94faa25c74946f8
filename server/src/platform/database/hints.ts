import pg from "pg";
import { systemClock } from "../clock.ts";
import { randomHex } from "../ids.ts";
import { limitRepetitions } from "../logger.ts";
import {
  type ConnectionWatch,
  type DatabaseLog,
  type Session,
  sessionStatement,
  type DatabaseSeen,
} from "./failover.ts";
import { type HintValues, type PendingHints, isOpenToOthers } from "./database.ts";
import { StatementPipeline } from "./pipeline.ts";

type Listener = (values: readonly string[]) => void;

interface HintsNeeds {
  /** Returns the configuration for each new connection. */
  readonly connection: () => pg.ClientConfig;
  /** Called when a connection broke or could not be opened. */
  readonly onLost: () => void;
  /** The channel of `listen` and `notify`. */
  readonly channel: string;
  readonly log: DatabaseLog;
  readonly watch: ConnectionWatch;
  readonly seen: DatabaseSeen;
  /** Calls listeners outside of the turn of the work that caused the hint, or that opened the connection. */
  readonly leaveTurn: (work: () => void) => void;
}

/** Carries hints from transactions to listeners. */
export interface HintCarrier extends AsyncDisposable {
  /** Calls `listener` with the values of each batch. Returns a function that removes the listener. */
  on(channel: string, listener: Listener): () => void;
  /** Returns whether hints of this process on the channel reach a listener without another process. */
  hasListeners(channel: string): boolean;
  publish(pending: PendingHints): void;
}

/** Delivers hints of transactions: in this process at once, to other processes by notify. */
export class Hints implements HintCarrier {
  readonly #self = randomHex(8);
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #line: HintConnection;
  readonly #throttle = new HintThrottle();
  readonly #leaveTurn: HintsNeeds["leaveTurn"];
  #forListeners: HintValues = new Map();
  #forOthers: HintValues = new Map();
  #timer: NodeJS.Timeout | undefined;
  #publishedMs = Number.NEGATIVE_INFINITY;

  constructor({ leaveTurn, ...needs }: HintsNeeds) {
    this.#leaveTurn = leaveTurn;
    this.#line = new HintConnection({
      ...needs,
      onOpened: () => {
        for (const hinted of this.#listeners.keys()) this.#notify(hinted, []);
        this.#publishSoon();
      },
      onPayload: (payload) => {
        const received = parseHints(payload);
        if (received?.from === this.#self) return;
        if (received) this.#throttle.received(received.from, systemClock.monotonicMs());
        for (const [hinted, values] of received?.hints ?? []) if (isOpenToOthers(hinted)) this.#notify(hinted, values);
      },
    });
  }

  on(channel: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set<Listener>();
    this.#listeners.set(channel, listeners.add(listener));
    this.#line.open();
    return () => listeners.delete(listener);
  }

  hasListeners(channel: string): boolean {
    return (this.#listeners.get(channel)?.size ?? 0) > 0;
  }

  publish(pending: PendingHints): void {
    if (pending.own.size > 0 && this.#forListeners.size === 0) queueMicrotask(() => this.#notifyListeners());
    merge(this.#forListeners, pending.own);
    if (pending.others.size === 0) return;
    merge(this.#forOthers, pending.others);
    this.#line.open();
    this.#publishSoon();
  }

  /** Sends the remaining hints if the connection is open; listeners that miss them poll within a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    void this.#publish();
    await this.#line[Symbol.asyncDispose]();
  }

  #notify(channel: string, values: readonly string[]): void {
    this.#leaveTurn(() => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(values);
    });
  }

  #notifyListeners(): void {
    const hints = this.#forListeners;
    this.#forListeners = new Map();
    for (const [channel, values] of hints) this.#notify(channel, [...values]);
  }

  #publishSoon(): void {
    if (!this.#line.isOpen || this.#forOthers.size === 0) return;
    const nowMs = systemClock.monotonicMs();
    const waitMs = Math.max(0, this.#publishedMs + this.#throttle.everyMs(nowMs) - nowMs);
    this.#timer ??= setTimeout(() => void this.#publish(), waitMs);
  }

  async #publish(): Promise<void> {
    this.#timer = undefined;
    const hints = this.#forOthers;
    if (hints.size === 0) return;
    this.#forOthers = new Map();
    this.#publishedMs = systemClock.monotonicMs();
    await this.#line.publish(serializeHints(this.#self, hints));
  }
}

/** Adds hints to those that wait, in place: while the connection is down, there may be many thousands. */
export function merge(into: HintValues, added: HintValues): void {
  for (const [channel, values] of added) {
    const merged = into.get(channel) ?? new Set();
    for (const value of values) merged.add(value);
    into.set(channel, merged);
  }
}

interface HintConnectionOptions extends Omit<HintsNeeds, "leaveTurn"> {
  /** Called whenever listening starts: earlier hints were missed. */
  readonly onOpened: () => void;
  readonly onPayload: (payload: string) => void;
}

const firstWaitMs = 100;
/** Engines poll every second, so a longer outage costs a second, not a delivery. */
const waitMsMax = 5000;
const probeEveryMs = 5000;
/** A stop waits no longer for a server that does not respond: without the last hint, listeners poll within a second. */
const lastAnswerMs = 1000;

/** The connection for hints between processes. Opened on first use; reconnects by itself. */
class HintConnection implements AsyncDisposable {
  readonly #options: HintConnectionOptions;
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;
  #line: StatementPipeline | undefined;
  #running: Promise<void> | undefined;
  #published: Promise<void> = Promise.resolve();

  constructor(options: HintConnectionOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#client !== undefined;
  }

  open(): void {
    if (!this.#closing.signal.aborted) this.#running ??= this.#keepOpen();
  }

  /** Sends a payload, best effort: a broken connection loses it. Payloads are sent one after another. */
  publish(payload: string): Promise<void> {
    this.#published = this.#published.then(() => this.#publishNow(payload));
    return this.#published;
  }

  async #publishNow(payload: string): Promise<void> {
    try {
      await this.#line?.query("select pg_notify($1, $2)", [this.#options.channel, payload]);
    } catch (error) {
      this.#options.log.warn({ err: error }, "hint not sent");
    }
  }

  /** Waits for the response to the last payload: the end of a connection in use looks like the loss of the payload. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.race([this.#published, systemClock.sleep(lastAnswerMs, this.#closing.signal)]);
    this.#closing.abort();
    await this.#client?.end().catch(() => undefined);
    await this.#running;
  }

  async #keepOpen(): Promise<void> {
    const { signal } = this.#closing;
    const warn = limitRepetitions(this.#options.log);
    let waitMs = firstWaitMs;
    while (!signal.aborted) {
      try {
        await this.#openOnce(() => (waitMs = firstWaitMs));
      } catch (error) {
        this.#options.onLost();
        if (!signal.aborted) warn({ err: error, againInMs: waitMs }, "hints between processes are down");
      }
      await systemClock.sleep(waitMs, signal);
      waitMs = Math.min(waitMs * 2, waitMsMax);
    }
  }

  /** A silent connection looks like one without hints. Rejects when the server does not respond. */
  async #probe(line: StatementPipeline): Promise<void> {
    const { query_timeout = probeEveryMs } = this.#options.connection();
    for (;;) {
      await systemClock.sleep(Math.min(probeEveryMs, query_timeout), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      const { rows } = await line.query("select pg_current_wal_flush_lsn()::text as lsn", []);
      Object.assign(this.#options.seen, { lsn: String(rows[0]?.lsn), answeredMs: systemClock.monotonicMs() });
    }
  }

  /** Resolves when the connection ends; rejects when it breaks or cannot be opened. */
  async #openOnce(opened: () => void): Promise<void> {
    const { connection, channel, watch, onOpened, onPayload } = this.#options;
    const client = new pg.Client(connection());
    const ended = new Promise<void>((resolve, reject) => client.on("end", resolve).on("error", reject));
    ended.catch(() => undefined); // also emitted while connecting, where connect() itself rejects
    client.on("notification", ({ payload }) => onPayload(payload ?? ""));
    try {
      await client.connect();
      // A notify commits like any statement. Nothing of it is stored, so it need not wait for the disk.
      const { rows } = await client.query<Session>(sessionStatement);
      const [session] = rows;
      const settings = "set synchronous_commit = off; set idle_session_timeout = 0";
      await client.query(`listen ${pg.escapeIdentifier(channel)}; ${settings}`);
      const line = new StatementPipeline(client, { prepared: new Map() }, session && watch.add(client, session));
      if (this.#closing.signal.aborted) return;
      this.#client = client;
      this.#line = line;
      opened();
      onOpened();
      await Promise.race([ended, this.#probe(line)]);
    } finally {
      this.#client = undefined;
      this.#line = undefined;
      await client.end().catch(() => undefined);
    }
  }
}

/** At one batch per 5 ms, hints were a tenth of the cost of a change. */
const publishEveryMs = 20;
/** Up to this many processes may each send a batch every 20 ms; more processes share that rate. */
const fastProcesses = 4;
/** A process without hints for this long does not count. */
const silentAfterMs = 2000;

/**
 * Returns how often this process may send hints. A notify takes an instance-wide lock at commit and wakes every listening
 * process, so without a shared limit the cost would grow with the square of the processes.
 */
export class HintThrottle {
  /** Those heard of longest ago first. */
  readonly #lastHintMs = new Map<string, number>();

  /** The number of other processes that are remembered. */
  get others(): number {
    return this.#lastHintMs.size;
  }

  received(from: string, nowMs: number): void {
    this.#lastHintMs.delete(from);
    this.#lastHintMs.set(from, nowMs);
    this.#forgetSilent(nowMs); // a process that publishes nothing never asks for the interval
  }

  everyMs(nowMs: number): number {
    this.#forgetSilent(nowMs);
    return publishEveryMs * Math.max(1, (this.others + 1) / fastProcesses);
  }

  #forgetSilent(nowMs: number): void {
    for (const [from, lastHintMs] of this.#lastHintMs) {
      if (nowMs - lastHintMs <= silentAfterMs) return;
      this.#lastHintMs.delete(from);
    }
  }
}

/** PostgreSQL refuses a payload of 8000 bytes or more. */
const payloadBytesMax = 7999;

interface ReceivedHints {
  readonly from: string;
  readonly hints: ReadonlyMap<string, readonly string[]>;
}

/** The sender and one list per channel. Values that do not fit are omitted, which means "poll everything". */
export function serializeHints(from: string, hints: HintValues): string {
  const payload = JSON.stringify([from, ...[...hints].map(([channel, values]) => [channel, ...values])]);
  if (Buffer.byteLength(payload) <= payloadBytesMax) return payload;
  return JSON.stringify([from, ...[...hints.keys()].map((channel) => [channel])]);
}

/** Parses a payload. Returns undefined for foreign ones: anybody with access to the database may notify. */
export function parseHints(payload: string): ReceivedHints | undefined {
  const [from, ...lists] = parseList(payload);
  if (typeof from !== "string") return undefined;
  const hints = new Map<string, readonly string[]>();
  for (const list of lists) {
    const [channel, ...values] = Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
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
