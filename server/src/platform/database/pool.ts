import pg from "pg";
import { type Clock, systemClock } from "../clock.ts";
import { ConnectionWatch, type DatabaseLog, type Session } from "./connection-watch.ts";
import { DatabaseHosts, NoConnection, StandbyRefused, classifyDatabaseError, connectToPrimary } from "./connection.ts";
import { type Pool, runTransaction } from "./database.ts";
import { type HintCarrier, Hints, type WalSeen } from "./hints.ts";
import { StatementPipeline } from "./pipeline.ts";

export interface PoolOptions {
  readonly connectionString: string;
  /** The schema of the cell: what unqualified table names mean. */
  readonly schema: string;
  /** The role to act as, when it is not the one that connects. */
  readonly role?: string;
  /** Connections at most, the one for hints not counted. */
  readonly max?: number;
  readonly applicationName?: string;
  readonly log?: DatabaseLog;
  /** How long an answer may take before the connection is given up, whatever the server says. */
  readonly answerTimeoutMs?: number;
  /** How long an answer may take before a second connection asks the server about it. */
  readonly overdueMs?: number;
  /** Carries the hints instead of a connection of this pool's own. */
  readonly hints?: HintCarrier;
}

export interface OpenedPool extends Pool, AsyncDisposable {
  /** The carrier of this pool's hints, for a process that passes them on to another. */
  readonly hints: HintCarrier;
}

/** No statement of ours takes a second; one that takes 30 is stuck, and the caller has given up long ago. */
const statementTimeoutMs = 30_000;
/** Later than that the server has answered, or the line is silent and nobody could be asked about it. */
const usualAnswerTimeoutMs = 35_000;
/** Statements take milliseconds. With what line-watch.ts does then, changes go to a new primary within 5 s of its taking over. */
const usualOverdueMs = 1500;
/**
 * A process that hangs amidst a transaction, or whose line is silent, holds row locks and keeps vacuum from its work: the
 * server ends it, before those who wait for its locks have waited too long.
 */
const idleInTransactionTimeoutMs = 15_000;
/** How long a caller waits for a free connection, or for new ones to come about, before it is refused. */
const connectTimeoutMs = 10_000;
/** How long one attempt to connect may take: a host that is gone does not refuse, and the next attempt may find its successor. */
const attemptTimeoutMs = 3000;
/** The same for the connection that asks about an overdue answer. */
const probeTimeoutMs = 2000;
/** Of a database that was brought to another cluster, the largest number is looked for in its whole history. */
const patiently = { query_timeout: 60 * 60_000 };
/** How long a connection may be without traffic before either side's kernel asks whether the other is still there. */
const keepAliveMs = 15_000;

const silent: DatabaseLog = { warn: () => undefined, error: () => undefined };

/** Resolves once the database has answered, so that an unreachable one is known at the start. */
export async function openPool(options: PoolOptions): Promise<OpenedPool> {
  const { schema, log = silent, answerTimeoutMs = usualAnswerTimeoutMs, overdueMs = usualOverdueMs } = options;
  const hosts = new DatabaseHosts(options.connectionString);
  const connection: pg.ClientConfig = {
    application_name: options.applicationName ?? "bellwire",
    connectionTimeoutMillis: attemptTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
  };
  const probe = { ...connection, connectionTimeoutMillis: probeTimeoutMs, query_timeout: probeTimeoutMs };
  const connect = (): Promise<pg.Client> => connectToPrimary(hosts, probe);
  const watch = new ConnectionWatch({ connect, clock: systemClock, log, overdueMs });
  const seen: WalSeen = { lsn: null, switches: 0 };
  const connecting = { hosts, connection, watch, seen };
  const pool = openConnections(connecting, options);
  const hints =
    options.hints ??
    new Hints({
      connection: () => ({ ...connection, connectionString: hosts.current }),
      channel: schema,
      log,
      watch,
      seen,
    });

  const opened: OpenedPool = {
    hints,
    query: (text, values = []) => onLine(pool, connecting, async (line) => (await line.ask(text, values)).rows),
    inTransaction: (work) =>
      onLine(pool, connecting, async (line) => {
        const done = await runTransaction(line, work);
        hints.spread(done.hints);
        return done.result;
      }),
    onHint: (channel, listener) => hints.on(channel, listener),
    async [Symbol.asyncDispose]() {
      await hints[Symbol.asyncDispose]();
      await watch[Symbol.asyncDispose]();
      await pool.end();
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

interface Connecting {
  readonly hosts: DatabaseHosts;
  readonly connection: pg.ClientConfig;
  readonly watch: ConnectionWatch;
  readonly seen: WalSeen;
}

/** The driver's pool, whose connections are watched from the moment on that their session is set up. */
function openConnections({ hosts, connection, watch, seen }: Connecting, options: PoolOptions): pg.Pool {
  const { schema, role, max = 10, log = silent } = options;
  const verify: pg.PoolConfig["verify"] = (client, done) => {
    openSession(client, { schema, role, log, mustWrite: hosts.mustWrite, seen }).then((session) => {
      watch.add(client, session);
      done();
    }, done);
  };
  // The pool hands its own time limit, which is for waiting, to its clients, where it is for connecting.
  const Client = class extends pg.Client {
    constructor(config: pg.ClientConfig = connection) {
      super({ ...config, connectionString: hosts.current, connectionTimeoutMillis: attemptTimeoutMs });
    }
  };
  const pool = new pg.Pool({ ...connection, Client, connectionTimeoutMillis: connectTimeoutMs, max, verify });
  // Without a listener, a connection that the server ends while it is in use would end the process.
  pool.on("connect", (client) => client.on("error", (error) => log.warn({ err: error }, "database connection lost")));
  pool.on("error", () => undefined); // of idle connections: the listener above has told it
  return pool;
}

/** Runs `work` on a connection that it has for itself. One that may be lost, or is amidst a transaction, is not used again. */
async function onLine<T>(
  pool: pg.Pool,
  { hosts, watch }: Connecting,
  work: (line: StatementPipeline) => Promise<T>,
): Promise<T> {
  const client = await connectWithin(pool, hosts, connectTimeoutMs);
  let isLost = false;
  try {
    return await work(new StatementPipeline(client, watch.lineOf(client)));
  } catch (error) {
    isLost = classifyDatabaseError(error) === "away"; // it may not know yet
    throw error;
  } finally {
    client.release(isLost || client.getTransactionStatus() !== "I");
  }
}

/**
 * Takes a connection. An attempt that nobody answers is followed by another one, which may lead to another address; with several
 * hosts, each is tried.
 */
async function connectWithin(pool: pg.Pool, hosts: DatabaseHosts, ms: number): Promise<pg.PoolClient> {
  const startedMs = systemClock.monotonicMs();
  for (let tries = 1; ; tries += 1) {
    const host = hosts.current;
    try {
      const client = await pool.connect();
      if (!client.connection.stream.destroyed) return client;
      client.release(true); // cut a moment ago; the pool does not know yet
    } catch (error) {
      const isSilent = error instanceof Error && error.message === "timeout expired";
      hosts.leave(host);
      if ((isSilent || tries < hosts.count) && systemClock.monotonicMs() - startedMs + attemptTimeoutMs <= ms) continue;
      throw pool.ending || error instanceof TypeError ? error : new NoConnection(error); // else a mistake of ours
    }
  }
}

interface SessionNeeds {
  readonly schema: string;
  readonly role: string | undefined;
  readonly log: DatabaseLog;
  readonly mustWrite: boolean;
  readonly seen: WalSeen;
}

/**
 * Sets up a session, on a primary that goes on with the numbers given so far. A connection to a standby is refused: it could not
 * be used, and would still be there, unchecked, when the standby is promoted. A primary changes its timeline only by a restart.
 */
async function openSession(client: pg.Client, { schema, role, log, mustWrite, seen }: SessionNeeds): Promise<Session> {
  const { isStandby, onlyReads, canFollow, ...session } = await setUpSession(client, schema, role);
  if (isStandby || (mustWrite && onlyReads)) throw new StandbyRefused();
  if (!canFollow) return session;
  const { rows } = await client.query<{ isFirst: boolean; lsn: string; switches: string }>({
    text: `select is_first as "isFirst", lsn::text, switches from follow_wal($1::pg_lsn, $2::bigint)`,
    values: [seen.lsn, seen.switches],
    ...patiently,
  });
  const [followed] = rows;
  if (followed) Object.assign(seen, { lsn: followed.lsn, switches: Number(followed.switches) });
  if (followed?.isFirst) {
    log.warn(
      {},
      "the database goes on from an earlier state (failover or restore): numbers skip ahead, changes may be lost",
    );
  }
  return session;
}

interface NewSession extends Session {
  readonly isStandby: boolean;
  readonly onlyReads: boolean;
  /** Not before the first migration. */
  readonly canFollow: boolean;
}

// search_path ends with pg_temp: a temporary table must not stand in for one of ours.
// The server's keepalives end a session whose client is gone within a minute; over a socket they do nothing.
async function setUpSession(client: pg.Client, schema: string, role = "none"): Promise<NewSession> {
  const { rows } = await client.query<NewSession>(
    `select pg_backend_pid() as pid, pg_postmaster_start_time()::text as server, pg_is_in_recovery() as "isStandby",
       current_setting('transaction_read_only') = 'on' as "onlyReads",
       to_regproc(quote_ident($5) || '.follow_wal') is not null as "canFollow", set_config('tcp_keepalives_idle', '30', false),
       set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false), set_config('role', $1, false), set_config('search_path', $2, false),
       set_config('statement_timeout', $3, false), set_config('idle_in_transaction_session_timeout', $4, false),
       set_config('timezone', 'UTC', false), set_config('datestyle', 'ISO, YMD', false)`,
    [
      role,
      `${pg.escapeIdentifier(schema)}, pg_temp`,
      String(statementTimeoutMs),
      String(idleInTransactionTimeoutMs),
      schema,
    ],
  );
  const [session] = rows;
  if (!session) throw new Error("The database did not say which process of it answers.");
  return session;
}

/**
 * A pool that does not wait longer than `ms` for an answer: whoever asks has something better to do. What was asked may
 * be done all the same, now or later.
 */
export function poolWithTimeout(pool: Pool, clock: Clock, ms: number): Pool {
  const within = async <Answer>(asked: Promise<Answer>): Promise<Answer> => {
    const answered = new AbortController();
    const late = clock.sleep(ms, answered.signal).then(() => {
      throw new Error(`timeout exceeded: the database did not answer within ${ms} ms`);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      late.catch(() => undefined);
      answered.abort();
    }
  };
  return {
    query: (text, values) => within(pool.query(text, values)),
    inTransaction: (work) => within(pool.inTransaction(work)),
    onHint: (channel, listener) => pool.onHint(channel, listener),
  };
}
