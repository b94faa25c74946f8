import { AsyncLocalStorage } from "node:async_hooks";
import pg from "pg";
import { type Clock, systemClock } from "../clock.ts";
import { errorCode } from "../errors.ts";
import { FairSlots, type Turn } from "../fair-queue.ts";
import { createUuidV7Generator } from "../ids.ts";
import type { DatabaseTrace, Tracing } from "../telemetry/tracing.ts";
import {
  ConnectionWatch,
  type DatabaseLog,
  type Session,
  type DatabaseSeen,
  followDatabase,
  restoredSentence,
} from "./failover.ts";
import {
  DatabaseHosts,
  NoConnection,
  StandbyRefused,
  classifyDatabaseError,
  connectToPrimary,
  otherServerCode,
} from "./connection.ts";
import { Caches, type Database, type Pool, diskSpaceOf, runTransaction } from "./database.ts";
import { type HintCarrier, Hints } from "./hints.ts";
import { StatementPipeline, type StatementSession } from "./pipeline.ts";

export interface PoolOptions {
  readonly connectionString: string;
  /** Leads to the same database. Set if `connectionString` leads to a pooler in transaction mode. */
  readonly directUrl?: string;
  /** The cell's schema, which resolves unqualified table names. */
  readonly schema: string;
  /** The role to act as, if not the one that connects. */
  readonly role?: string;
  /** Maximum number of connections; the connection for hints does not count. */
  readonly max?: number;
  readonly applicationName?: string;
  readonly log?: DatabaseLog;
  /** How long a response may take before the connection is given up, whatever the server says. */
  readonly answerTimeoutMs?: number;
  /** How long a response may take before a second connection asks the server about it. */
  readonly overdueMs?: number;
  /** Carries the hints instead of a connection of this pool. */
  readonly hints?: HintCarrier;
  readonly tracing?: Pick<Tracing, "beginTransaction" | "traceDatabase"> | undefined;
}

export interface OpenedPool extends Pool, AsyncDisposable {
  /** The carrier of this pool's hints, for a process that forwards them to another. */
  readonly hints: HintCarrier;
  /** Work that waits for a connection right now. */
  readonly waiting: number;
  /** Changes the maximum number of connections. Surplus ones close when they are idle. */
  resize(max: number): void;
  /** Calls `listener` with the seconds that work has waited for a connection, if none was idle. */
  onWait(listener: (seconds: number) => void): void;
}

/** Our statements take less than a second; one that takes 30 s is stuck, and its caller has given up. */
const statementTimeoutMs = 30_000;
/** After that, the server has responded, or the connection is silent and nobody could be asked about it. */
const defaultAnswerTimeoutMs = 35_000;
/** Statements take milliseconds. With failover.ts, writes reach a new primary within 5 s of its promotion. */
const defaultOverdueMs = 1500;
/**
 * A process that hangs in a transaction, or whose connection is silent, holds row locks and blocks vacuum. The server ends its
 * session before others have waited too long for its locks.
 */
const idleInTransactionTimeoutMs = 15_000;
/** How long work waits for a free or a new connection before it is refused. */
const connectTimeoutMs = 10_000;
const defaultMax = 10;
const tooManyConnections = "53300";
/** After a refusal for too many connections, so long passes until the next one is tried. */
const fullMs = 5000;
/** The limit of one attempt to connect: a lost host does not refuse, and the next attempt may find its successor. */
const attemptTimeoutMs = 3000;
/** The limit for the connection that asks about an overdue response. */
const probeTimeoutMs = 2000;
/** Idle time after which the kernel of either side probes the connection. */
const keepAliveMs = 15_000;

/** The turn of work that belongs to no request. It alternates with that of all requests together. */
const ownTurn: Turn = ["own"];

const silent: DatabaseLog = { warn: () => undefined, error: () => undefined };

/** Opens a pool and awaits a first response, so that an unreachable database fails the start. */
export async function openPool(options: PoolOptions): Promise<OpenedPool> {
  const { schema, log = silent, answerTimeoutMs = defaultAnswerTimeoutMs, overdueMs = defaultOverdueMs } = options;
  const hosts = new DatabaseHosts(options.connectionString);
  const isPooled = options.directUrl !== undefined;
  const directHosts = options.directUrl === undefined ? hosts : new DatabaseHosts(options.directUrl);
  const connection: pg.ClientConfig = {
    application_name: options.applicationName ?? "bellwire",
    connectionTimeoutMillis: attemptTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
  };
  const probe = { ...connection, connectionTimeoutMillis: probeTimeoutMs, query_timeout: probeTimeoutMs };
  const connect = (): Promise<pg.Client> => connectToPrimary(directHosts, probe);
  const watch = new ConnectionWatch({ connect, clock: systemClock, log, overdueMs });
  const seen: DatabaseSeen = { lsn: null, switches: 0, answeredMs: undefined };
  const reconnect = (): pg.ClientConfig => ({ ...connection, connectionString: directHosts.current });
  // Without a pooler, the pool itself looks for the primary.
  const onLost = (): void => (isPooled ? directHosts.leave(directHosts.current) : undefined);
  const caches = new Caches();
  const connections = new Connections({ hosts, isPooled, connection, watch, seen, caches }, options);
  const leaveTurn = (work: () => void): void => connections.inTurn(ownTurn, work);
  const hinting = { connection: reconnect, onLost, channel: schema, log, watch, seen, leaveTurn };
  const hints = options.hints ?? new Hints(hinting);
  const opened: OpenedPool = {
    hints,
    caches,
    get waiting() {
      return connections.waiting;
    },
    resize: (max) => connections.resize(max),
    onWait: (listener) => connections.onWait(listener),
    query: (text, values = []) =>
      connections.use(async (pipeline) => (await pipeline.query(text, values)).rows, options.tracing?.traceDatabase()),
    inTransaction: runsTransactions(connections, { hints, caches, tracing: options.tracing }),
    inTurn: (turn, work) => connections.inTurn(turn, work),
    onHint: (channel, listener) => hints.on(channel, listener),
    async [Symbol.asyncDispose]() {
      await hints[Symbol.asyncDispose]();
      await watch[Symbol.asyncDispose]();
      await connections.end();
    },
  };
  try {
    await opened.query("select");
    return opened;
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

function runsTransactions(
  connections: Connections,
  { hints, caches, tracing }: { readonly hints: HintCarrier } & Pick<Pool, "caches"> & Pick<PoolOptions, "tracing">,
): Pool["inTransaction"] {
  const newUuidV7 = createUuidV7Generator();
  const hasListeners = (channel: string): boolean => hints.hasListeners(channel);
  return (work) => {
    const trace = tracing?.beginTransaction();
    return connections.use(async (pipeline) => {
      const done = await runTransaction(pipeline, { newUuidV7, caches, trace, hasListeners }, work);
      hints.publish(done.hints);
      return done.result;
    }, tracing?.traceDatabase());
  };
}

interface Connecting {
  readonly hosts: DatabaseHosts;
  /** A pooler in transaction mode is in between. */
  readonly isPooled: boolean;
  readonly connection: pg.ClientConfig;
  readonly watch: ConnectionWatch;
  readonly seen: DatabaseSeen;
  readonly caches: Caches;
}

/**
 * Returns the most connections that one group of requests may hold, so that others need not wait for its transactions, which may all wait
 * for one lock.
 */
const shareOf = (max: number): number => Math.max(1, max - Math.max(1, Math.floor(max / 5)));

const slotLimit = {
  ms: connectTimeoutMs,
  error: () => new NoConnection(new Error(`no connection became free within ${connectTimeoutMs / 1000} s`)),
};

/** The driver's pool, with watched connections, several hosts, and one session of statements per connection. */
class Connections {
  readonly #connecting: Connecting;
  readonly #pool: pg.Pool;
  readonly #turns = new AsyncLocalStorage<Turn>();
  readonly #slots = new FairSlots(() => ({ all: this.#pool.options.max, ofGroup: shareOf(this.#pool.options.max) }));
  readonly #sessions = new WeakMap<pg.Client, StatementSession>();
  readonly #waitListeners: ((seconds: number) => void)[] = [];
  /** Behind a pooler, connections outlive their server. This one was replaced: its connections are not used again. */
  #replacedServer: string | undefined;
  readonly #log: DatabaseLog;
  #max: number;
  /** Until then, the pool opens no more connections than it has, because the database has refused one. */
  #fullUntilMs = Number.NEGATIVE_INFINITY;

  constructor(connecting: Connecting, options: PoolOptions) {
    this.#connecting = connecting;
    this.#log = options.log ?? silent;
    this.#max = options.max ?? defaultMax;
    this.#pool = openDriverPool(connecting, options, (client, { server }, statements) => {
      this.#sessions.set(client, statements);
      if (server === this.#replacedServer) this.#replacedServer = undefined; // it is back
    });
  }

  get waiting(): number {
    return this.#slots.waiting + this.#pool.waitingCount;
  }

  resize(max: number): void {
    this.#max = max;
    this.#pool.options.max = max;
    this.#slots.startWaiting();
  }

  onWait(listener: (seconds: number) => void): void {
    this.#waitListeners.push(listener);
  }

  inTurn<T>(turn: Turn, work: () => T): T {
    return this.#turns.run(turn, work);
  }

  /** Runs `work` on a connection of its own. A connection that may be lost, or is still in a transaction, is discarded. */
  async use<T>(work: (pipeline: StatementPipeline) => Promise<T>, trace?: DatabaseTrace): Promise<T> {
    const turn = this.#turns.getStore() ?? ownTurn;
    const client = await this.#checkOut(turn);
    const watched = this.#connecting.watch.find(client);
    let isLost = false;
    try {
      const session = this.#sessions.get(client) ?? { prepared: new Map() };
      const result = await work(new StatementPipeline(client, session, watched, trace));
      this.#connecting.seen.answeredMs = systemClock.monotonicMs();
      return result;
    } catch (error) {
      isLost = classifyDatabaseError(error) === "away"; // the driver may not have noticed
      diskSpaceOf(this.#connecting).failed(error, systemClock.monotonicMs());
      if (errorCode(error) === otherServerCode) this.#replacedServer = watched?.session.server;
      throw error;
    } finally {
      client.release(isLost || client.getTransactionStatus() !== "I");
      this.#slots.release(turn);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  #isUsable(client: pg.Client): boolean {
    if (client.connection.stream.destroyed) return false; // cut a moment ago; the pool has not noticed
    const server = this.#connecting.watch.find(client)?.session.server;
    return server === undefined || server !== this.#replacedServer;
  }

  async #checkOut(turn: Turn): Promise<pg.PoolClient> {
    if (this.#pool.options.max < this.#max && systemClock.monotonicMs() >= this.#fullUntilMs) this.resize(this.#max);
    const slot = this.#slots.take(turn, slotLimit);
    if (!slot && this.#pool.idleCount > this.#pool.waitingCount) return this.#connectIn(turn);
    const startedMs = systemClock.monotonicMs();
    try {
      if (slot) await slot;
      return await this.#connectIn(turn);
    } finally {
      const seconds = (systemClock.monotonicMs() - startedMs) / 1000;
      for (const listener of this.#waitListeners) listener(seconds);
    }
  }

  /** Returns a connection for the slot of `turn`, or gives the slot up. */
  async #connectIn(turn: Turn): Promise<pg.PoolClient> {
    try {
      return await this.#connect();
    } catch (error) {
      this.#slots.release(turn);
      throw error;
    }
  }

  /** Lets callers wait for the connections that are open. Returns false if there is none. */
  #useOpenOnes(): boolean {
    const open = this.#pool.totalCount;
    if (open === 0) return false;
    this.#pool.options.max = Math.min(this.#pool.options.max, open);
    const nowMs = systemClock.monotonicMs();
    if (nowMs >= this.#fullUntilMs)
      this.#log.warn(
        { code: tooManyConnections },
        "the database accepts no more connections; requests wait for the open ones",
      );
    this.#fullUntilMs = nowMs + fullMs;
    return true;
  }

  /** Returns a connection. An attempt without a response is followed by another one, which may reach another address or host. */
  async #connect(): Promise<pg.PoolClient> {
    const { hosts } = this.#connecting;
    const deadlineMs = systemClock.monotonicMs() + connectTimeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      const host = hosts.current;
      try {
        const client = await this.#pool.connect();
        if (this.#isUsable(client)) return client;
        client.release(true);
      } catch (error) {
        if (errorCode(error) === tooManyConnections && this.#useOpenOnes()) continue;
        const isSilent = error instanceof Error && error.message === "timeout expired";
        hosts.leave(host);
        if ((isSilent || attempt < hosts.count) && systemClock.monotonicMs() + attemptTimeoutMs <= deadlineMs) continue;
        throw this.#pool.ending || error instanceof TypeError ? error : new NoConnection(error); // a TypeError is a bug
      }
    }
  }
}

function openDriverPool(
  { hosts, isPooled, connection, watch, seen }: Connecting,
  options: PoolOptions,
  onOpened: (client: pg.Client, session: Session, statements: StatementSession) => void,
): pg.Pool {
  const { schema, role, max = defaultMax, log = silent } = options;
  const verify: pg.PoolConfig["verify"] = (client, done) => {
    const needs = { schema, role, log, mustWrite: hosts.mustWrite, seen, isPooled };
    const opening = isPooled ? openPooledSession(client, needs) : openSession(client, needs);
    opening.then((session) => {
      watch.add(client, session);
      onOpened(client, session, isPooled ? { prologue: prologueOf(session, needs) } : { prepared: new Map() });
      done();
    }, done);
  };
  // The pool would pass its own time limit, which is for waiting, to its clients, where it limits connecting.
  const Client = class extends pg.Client {
    constructor(config: pg.ClientConfig = connection) {
      super({ ...config, connectionString: hosts.current, connectionTimeoutMillis: attemptTimeoutMs });
    }
  };
  const pool = new pg.Pool({ ...connection, Client, connectionTimeoutMillis: connectTimeoutMs, max, verify });
  // Without a listener, a connection that the server ends while in use would end the process. The pool's end does not wait until the
  // server has read the end of each connection, so a server that stops then ends some itself.
  pool.on("connect", (client) =>
    client.on("error", (error) => pool.ending || log.warn({ err: error }, "database connection lost")),
  );
  pool.on("error", () => undefined); // of idle connections; the listener above has logged it
  return pool;
}

interface SessionNeeds {
  readonly schema: string;
  readonly role: string | undefined;
  readonly log: DatabaseLog;
  readonly mustWrite: boolean;
  readonly seen: DatabaseSeen;
  /** Settings last for the transaction only. */
  readonly isPooled: boolean;
}

/** Checks the server behind a pooler, in one transaction: the next one may run on another server. */
async function openPooledSession(client: pg.Client, needs: SessionNeeds): Promise<OpenedSession> {
  await client.query("begin");
  const session = await openSession(client, needs);
  await client.query("commit");
  return { ...session, pid: undefined };
}

/**
 * Sets up a session on a primary that continues from the numbers given so far. Refuses a standby: it would still be in the pool,
 * unchecked, after a promotion. A primary changes its timeline only by a restart.
 */
async function openSession(client: pg.Client, needs: SessionNeeds): Promise<OpenedSession> {
  const { log, mustWrite, seen } = needs;
  const { isStandby, onlyReads, canFollow, ...session } = await setUpSession(client, needs);
  if (isStandby || (mustWrite && onlyReads)) throw new StandbyRefused();
  if (!canFollow) return session;
  const { isFirst, isHeld } = await followDatabase(client, { seen, nowMs: systemClock.monotonicMs() });
  if (isFirst) {
    log.warn(
      {},
      "the database continues from an earlier state (failover or restore): numbers skip ahead, changes may be lost",
    );
  }
  if (isHeld) log.error({}, restoredSentence);
  return session;
}

interface OpenedSession extends Session {
  /** The schema has `require_server`. */
  readonly canRequire: boolean;
}

interface NewSession extends OpenedSession {
  readonly isStandby: boolean;
  readonly onlyReads: boolean;
  /** False before the first migration. */
  readonly canFollow: boolean;
}

// search_path ends with pg_temp: a temporary table must not replace one of ours.
// The server's keepalives end a session without a client within a minute; on a Unix socket they have no effect. A limit for idle
// sessions would only open the pool's again.
async function setUpSession(client: pg.Client, { schema, role, isPooled }: SessionNeeds): Promise<NewSession> {
  const { rows } = await client.query<NewSession>(
    `select pg_backend_pid() as pid, pg_postmaster_start_time()::text as server, pg_is_in_recovery() as "isStandby",
       current_setting('transaction_read_only') = 'on' as "onlyReads",
       to_regproc(quote_ident($6) || '.follow_database') is not null as "canFollow",
       to_regproc(quote_ident($6) || '.require_server') is not null as "canRequire",
       set_config('tcp_keepalives_idle', '30', $1), set_config('tcp_keepalives_interval', '10', $1),
       set_config('tcp_keepalives_count', '3', $1), set_config('idle_session_timeout', '0', $1), ${settingsOfWork}`,
    [isPooled, ...valuesOfWork({ schema, role }), schema],
  );
  const [session] = rows;
  if (!session) throw new Error("PostgreSQL returned no session.");
  return session;
}

/**
 * Sets what every statement relies on. `$1`: for the transaction only, which has its isolation level already. At a higher level than
 * `read committed`, concurrent changes of one account fail instead of waiting for each other; so they do with limits of a lock or a
 * transaction that an administrator has set for the role or the database. `transaction_timeout` is new in PostgreSQL 17.
 */
const settingsOfWork = `
  set_config('role', $2, $1), set_config('search_path', $3, $1), set_config('statement_timeout', $4, $1),
  set_config('idle_in_transaction_session_timeout', $5, $1), set_config('lock_timeout', '0', $1),
  case when current_setting('transaction_timeout', true) <> '0' then set_config('transaction_timeout', '0', $1) end,
  set_config('timezone', 'UTC', $1),
  set_config('datestyle', 'ISO, YMD', $1), set_config('standard_conforming_strings', 'on', $1),
  set_config('default_transaction_isolation', 'read committed', $1)`;

const valuesOfWork = ({ schema, role = "none" }: Pick<SessionNeeds, "schema" | "role">): readonly string[] => [
  role,
  `${pg.escapeIdentifier(schema)}, pg_temp`,
  String(statementTimeoutMs),
  String(idleInTransactionTimeoutMs),
];

/** Returns the statement that begins each transaction behind a pooler. It fails if another server answers than before. */
function prologueOf({ server, canRequire }: OpenedSession, { schema, role }: Pick<SessionNeeds, "schema" | "role">) {
  const guard = canRequire ? `${pg.escapeIdentifier(schema)}.require_server($6::timestamptz), ` : "";
  const values = [true, ...valuesOfWork({ schema, role })];
  return { text: `select ${guard}${settingsOfWork}`, values: canRequire ? [...values, server] : values };
}

/** Returns a function that waits for work, and rejects after `ms`. */
const createWait = (clock: Clock, ms: number) =>
  async function within<Result>(work: Promise<Result>): Promise<Result> {
    const done = new AbortController();
    const { promise: late, reject } = Promise.withResolvers<never>();
    void clock.sleep(ms, done.signal).then(() => {
      if (!done.signal.aborted) reject(new Error(`timeout exceeded: the database did not respond within ${ms} ms`));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      done.abort("done"); // abort() without a reason creates an exception each time
    }
  };

/**
 * Wraps a database so that statements reject after `ms` without a response, for callers with something better to do. The database may
 * still do the work.
 */
export function databaseWithTimeout(db: Database, clock: Clock, ms: number): Database {
  const within = createWait(clock, ms);
  return {
    get caches() {
      return db.caches; // there may be none until the directory responds
    },
    query: (text, values) => within(db.query(text, values)),
  };
}

/** Wraps a pool as `databaseWithTimeout` does. A transaction as a whole has the time limit. */
export function poolWithTimeout(pool: Pool, clock: Clock, ms: number): Pool {
  const within = createWait(clock, ms);
  return {
    caches: pool.caches,
    query: (text, values) => within(pool.query(text, values)),
    inTransaction: (work) => within(pool.inTransaction(work)),
    inTurn: (turn, work) => pool.inTurn(turn, work),
    onHint: (channel, listener) => pool.onHint(channel, listener),
  };
}
