import type pg from "pg";
import type { Clock } from "../clock.ts";
import { type Database, queryRow, type Transaction } from "./database.ts";

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

/** The last known state of the database (0013_database_switches.sql). */
export interface DatabaseSeen {
  /** The flush position of the write-ahead log, a few seconds old at most: a database behind it was restored. */
  lsn: string | null;
  switches: number;
  /** When a statement was answered last, in monotonic milliseconds. */
  answeredMs: number | undefined;
}

interface Followed {
  readonly isFirst: boolean;
  readonly isHeld: boolean;
  readonly lsn: string;
  readonly switches: string;
}

/** The operator's next step while deliveries are held. */
export const resumeAdvice = "bellwire resume --after-restore --plan shows them";

export const restoredSentence = `the database was restored: deliveries, mails and jobs from before are held until an operator resumes them; ${resumeAdvice}`;

/** After a move to another cluster, the largest number is searched for in the whole history. */
const followMsMax = 60 * 60_000;

const followStatement = `
  select is_first as "isFirst", is_held as "isHeld", lsn::text, switches
  from follow_database($1::pg_lsn, $2::bigint, $3::float8)`;

/**
 * Compares the database with what this process and the database itself know. The first connection after a failover or a restore
 * skips numbers, and after a restore holds deliveries. Returns what it did.
 */
export async function followDatabase(
  client: pg.Client,
  { seen, nowMs }: { readonly seen: DatabaseSeen; readonly nowMs: number },
): Promise<Pick<Followed, "isFirst" | "isHeld">> {
  const silentSeconds = seen.answeredMs === undefined ? null : (nowMs - seen.answeredMs) / 1000;
  const patiently = {
    text: followStatement,
    values: [seen.lsn, seen.switches, silentSeconds],
    query_timeout: followMsMax,
  };
  const { rows } = await client.query<Followed>(patiently);
  const [followed] = rows;
  if (!followed) throw new Error("PostgreSQL returned no row.");
  Object.assign(seen, { lsn: followed.lsn, switches: Number(followed.switches) });
  return followed;
}

export interface DatabaseSwitches {
  readonly count: number;
  /** Time of the last one; null if there was none. */
  readonly at: Date | null;
  readonly timeline: number | null;
  /** Deliveries have been held since this time, until an operator resumes them. Null: none are. */
  readonly heldAt: Date | null;
  /** Events since that time have at least this transaction number. Null if none are held. */
  readonly heldFrom: number | null;
  /** The time that the held database continued from: changes after it are lost. Null if unknown. */
  readonly stateAt: Date | null;
}

/** How long pages and `/readyz` warn that changes may be lost. */
export const switchWarningMs = 24 * 60 * 60_000;

const read = `
  select count(*)::integer as count, max(at) as at, (array_agg(timeline order by at desc))[1] as timeline,
    min(held_at) filter (where resumed_at is null) as held_at,
    min(held_from) filter (where resumed_at is null) as held_from,
    min(state_at) filter (where held_at is not null and resumed_at is null) as state_at
  from database_switches`;

/** Returns how often the database continued from an earlier state, and whether deliveries are held since. */
export async function readDatabaseSwitches(db: Database): Promise<DatabaseSwitches> {
  const [switches] = await db.query<DatabaseSwitches>(read);
  return switches ?? { count: 0, at: null, timeline: null, heldAt: null, heldFrom: null, stateAt: null };
}

/** Skips numbers and holds deliveries, for a restore that cannot be detected. Returns whether there were any to hold. */
export const holdAfterRestore = async (db: Database): Promise<boolean> =>
  (await queryRow<{ isHeld: boolean }>(db, `select hold_after_restore() as "isHeld"`)).isHeld;

/** Ends the hold if no endpoint is held any more. Returns whether it has ended. */
export const endHold = async (tx: Transaction): Promise<boolean> =>
  (await queryRow<{ hasEnded: boolean }>(tx, `select end_hold() as "hasEnded"`)).hasEnded;
