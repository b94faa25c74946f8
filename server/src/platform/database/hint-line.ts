import pg from "pg";
import { systemClock } from "#platform/clock/clock.ts";
import type { DatabaseLog } from "./database-log.ts";
import { type LineWatch, type Session, sessionStatement } from "./line-watch.ts";
import { StatementLine } from "./statement-line.ts";

/** What this process knows of the database's past: a database that knows less was brought back (0031_follow_wal.sql). */
export interface WalSeen {
  /** How far the write-ahead log had been flushed, a few seconds ago at most. */
  lsn: string | null;
  switches: number;
}

interface HintLineOptions {
  /** How to connect, asked each time. */
  readonly connection: () => pg.ClientConfig;
  /** The name that PostgreSQL's listen and notify know. */
  readonly channel: string;
  readonly log: DatabaseLog;
  readonly watch: LineWatch;
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
export class HintLine implements AsyncDisposable {
  readonly #options: HintLineOptions;
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;
  #line: StatementLine | undefined;
  #running: Promise<void> | undefined;
  #said: Promise<void> = Promise.resolve();

  constructor(options: HintLineOptions) {
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
      await this.#line?.ask("select pg_notify($1, $2)", [this.#options.channel, payload]);
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
  async #askNowAndThen(line: StatementLine): Promise<void> {
    const { query_timeout = askEveryMs } = this.#options.connection();
    for (;;) {
      await systemClock.sleep(Math.min(askEveryMs, query_timeout), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      const { rows } = await line.ask("select pg_current_wal_flush_lsn()::text as lsn", []);
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
      const line = new StatementLine(client, session && watch.add(client, session));
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
