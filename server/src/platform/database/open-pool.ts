import pg from "pg";
import type { Pool } from "./database.ts";
import type { DatabaseLog } from "./database-log.ts";
import { troubleOf } from "./database-trouble.ts";
import { Hints } from "./hints.ts";
import { runTransaction } from "./run-transaction.ts";
import { StatementLine } from "./statement-line.ts";

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
  /** How long an answer may take before the line counts as silent. */
  readonly answerTimeoutMs?: number;
}

/** No statement of ours takes a second; one that takes 30 is stuck, and the caller has given up long ago. */
const statementTimeoutMs = 30_000;
/** Later than that the server has answered, or the line is silent: a firewall may forget a connection without a word. */
const usualAnswerTimeoutMs = 35_000;
/**
 * A process that hangs amidst a transaction, or whose line is silent, holds row locks and keeps vacuum from its work: the
 * server ends it, before those who wait for its locks have waited too long.
 */
const idleInTransactionTimeoutMs = 15_000;
/** How long a caller waits for a free connection before it hears that there is none. */
const connectTimeoutMs = 10_000;

const silent: DatabaseLog = { warn: () => undefined, error: () => undefined };

/** Resolves once the database has answered, so that an unreachable one is known at the start. */
export async function openPool(options: PoolOptions): Promise<Pool & AsyncDisposable> {
  const { schema, role, max = 10, log = silent, answerTimeoutMs = usualAnswerTimeoutMs } = options;
  const connection: pg.ClientConfig = {
    connectionString: options.connectionString,
    application_name: options.applicationName ?? "bellwire",
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
  };
  const verify: pg.PoolConfig["verify"] = (client, done) => {
    setUpSession(client, schema, role).then(() => done(), done);
  };
  const pool = new pg.Pool({ ...connection, max, verify });
  // Without a listener, a connection that the server ends while it is in use would end the process.
  pool.on("connect", (client) => client.on("error", (error) => log.warn({ err: error }, "database connection lost")));
  pool.on("error", () => undefined); // of idle connections: the listener above has told it
  const hints = new Hints({ connection, channel: schema, log });

  const opened: Pool & AsyncDisposable = {
    query: (text, values = []) => onLine(pool, async (line) => (await line.ask(text, values)).rows),
    inTransaction: (work) =>
      onLine(pool, async (line) => {
        const done = await runTransaction(line, work);
        hints.spread(done.hints);
        return done.result;
      }),
    onHint: (channel, listener) => hints.on(channel, listener),
    async [Symbol.asyncDispose]() {
      await hints[Symbol.asyncDispose]();
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

/** Runs `work` on a connection that it has for itself. One that may be lost, or is amidst a transaction, is not used again. */
async function onLine<T>(pool: pg.Pool, work: (line: StatementLine) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isLost = false;
  try {
    return await work(new StatementLine(client));
  } catch (error) {
    isLost = troubleOf(error) === "away"; // it may not know yet
    throw error;
  } finally {
    client.release(isLost || client.getTransactionStatus() !== "I");
  }
}

// search_path ends with pg_temp: a temporary table must not stand in for one of ours.
async function setUpSession(client: pg.ClientBase, schema: string, role = "none"): Promise<void> {
  await client.query(
    `select set_config('role', $1, false), set_config('search_path', $2, false),
       set_config('statement_timeout', $3, false), set_config('idle_in_transaction_session_timeout', $4, false),
       set_config('timezone', 'UTC', false), set_config('datestyle', 'ISO, YMD', false)`,
    [role, `${pg.escapeIdentifier(schema)}, pg_temp`, String(statementTimeoutMs), String(idleInTransactionTimeoutMs)],
  );
}
