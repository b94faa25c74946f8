import type pg from "pg";
import type { Clock } from "../clock.ts";

/** The server process of a connection. */
export interface Session {
  /** Undefined behind a pooler in transaction mode, which uses another process for each transaction. */
  readonly pid: number | undefined;
  /** The start time of the server in microseconds: unique to it. */
  readonly server: string;
}

/** Reads a connection's `Session`. */
export const sessionStatement = `select pg_backend_pid() as pid, pg_postmaster_start_time()::text as server`;

interface ConnectionWatchNeeds {
  /** Connects to the server that DATABASE_URL leads to now. Rejects without a response in time. */
  readonly connect: () => Promise<pg.Client>;
  readonly clock: Clock;
  readonly log: DatabaseLog;
  /** How long a response may take before a check. */
  readonly overdueMs: number;
}

const lookEveryMs = 500;
/** Statements may take long: while one does, the server is asked once a second. */
const probeEveryMs = 1000;

const probeStatement = `
  select pg_postmaster_start_time()::text as server, pg_is_in_recovery() as "isStandby",
    array(select pid from pg_stat_activity where pid = any($1::integer[]) and state not like 'idle%')::integer[] as busy`;

interface Probe {
  readonly server: string;
  readonly isStandby: boolean;
  readonly busy: readonly number[];
}

/**
 * Detects silent connections: a dead host, a moved address, a firewall that dropped its state. TCP reports none of these for
 * minutes. When a response is overdue, a second connection asks the server:
 *
 * - No response: wait, the network or the server may come back.
 * - Another server than that of the overdue connection: cut all connections to the old one.
 * - The same server, working on the statement: wait, it is slow and not lost.
 * - The same server, idle for that connection twice in a row: the request or the response was lost. Cut the connection and end
 *   its server process, so that its locks do not outlive it. Behind a pooler the process is not known: wait for the time limit.
 */
export class ConnectionWatch implements AsyncDisposable {
  readonly #needs: ConnectionWatchNeeds;
  readonly #lines = new Map<pg.Client, WatchedConnection>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;

  constructor(needs: ConnectionWatchNeeds) {
    this.#needs = needs;
    this.#running = this.#lookNowAndThen();
  }

  /** Watches a connection until it ends. */
  add(client: pg.Client, session: Session): WatchedConnection {
    const line = new WatchedConnection(client, session, this.#needs.clock);
    this.#lines.set(client, line);
    client.once("end", () => this.#lines.delete(client));
    return line;
  }

  /** Returns undefined for a connection without a session. */
  find(client: pg.Client): WatchedConnection | undefined {
    return this.#lines.get(client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #lookNowAndThen(): Promise<void> {
    const { clock } = this.#needs;
    const { signal } = this.#closing;
    let probedMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      await clock.sleep(lookEveryMs, signal);
      if (signal.aborted) return;
      const overdue = [...this.#lines.values()].filter((line) => line.waitingMs() >= this.#needs.overdueMs);
      if (overdue.length === 0 || clock.monotonicMs() - probedMs < probeEveryMs) continue;
      probedMs = clock.monotonicMs();
      await this.#look(overdue);
    }
  }

  async #look(overdue: readonly WatchedConnection[]): Promise<void> {
    const checked = overdue.map((line) => ({ line, exchange: line.exchange }));
    let client: pg.Client | undefined;
    try {
      client = await this.#needs.connect();
      const found = await probe(client, overdue);
      if (!found || found.isStandby) return;
      for (const line of this.#lines.values()) {
        if (line.session.server !== found.server) this.#cut(line, "another server answers in its place");
      }
      for (const { line, exchange } of checked) {
        const { pid, server } = line.session;
        if (pid === undefined || server !== found.server || line.exchange !== exchange) continue;
        if (found.busy.includes(pid)) line.suspected = undefined;
        else if (line.suspected === exchange) {
          this.#cut(line, "the server does not work on what was sent");
          await client.query("select pg_terminate_backend($1)", [pid]);
        } else line.suspected = exchange;
      }
    } catch (error) {
      this.#needs.log.warn({ err: error }, "a database answer is overdue, and a second connection gets none either");
    } finally {
      await client?.end().catch(() => undefined);
    }
  }

  #cut(line: WatchedConnection, why: string): void {
    this.#needs.log.warn({ why }, "database connection given up");
    this.#lines.delete(line.client);
    line.cut();
  }
}

async function probe(client: pg.Client, lines: readonly WatchedConnection[]): Promise<Probe | undefined> {
  const { rows } = await client.query<Probe>(probeStatement, [lines.flatMap(({ session }) => session.pid ?? [])]);
  return rows[0];
}

/** A connection and the time since which it waits for a response. */
export class WatchedConnection {
  readonly client: pg.Client;
  readonly session: Session;
  readonly #clock: Clock;
  #sentMs: number | undefined;
  #sends = 0;
  /** The exchange that the server was not working on at the last check. */
  suspected: string | undefined;

  constructor(client: pg.Client, session: Session, clock: Clock) {
    this.client = client;
    this.session = session;
    this.#clock = clock;
  }

  sent(): void {
    this.#sentMs = this.#clock.monotonicMs();
    this.#sends += 1;
  }

  answered(): void {
    this.#sentMs = undefined;
  }

  /** Returns how long the connection has waited; 0 if it does not wait. */
  waitingMs(): number {
    return this.#sentMs === undefined ? 0 : this.#clock.monotonicMs() - this.#sentMs;
  }

  /** Changes with each statement and each byte of a response. */
  get exchange(): string {
    const { stream } = this.client.connection;
    const read = "bytesRead" in stream ? Number(stream.bytesRead) : 0;
    return `${this.#sends} ${read} ${this.#sentMs === undefined}`;
  }

  /** Ends the connection locally; the server would not respond. */
  cut(): void {
    this.client.connection.stream.destroy();
  }
}

/** The part of a pino logger that the database uses. */
export interface DatabaseLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
