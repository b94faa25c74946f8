import type pg from "pg";
import { CannotStart } from "../errors.ts";
import { connectOnce } from "./connection.ts";

/*
 * A pooler such as PgBouncer in transaction mode gives each transaction another server process. Prepared statements, session
 * settings, LISTEN and session locks do not work through it. With BELLWIRE_DATABASE_DIRECT_URL they are not needed: migrations and
 * hints use the direct connection, statements have no names, and each transaction begins with a prologue.
 */

const lookTimes = 10;

/**
 * Rejects a pooler in transaction or statement mode. A pooler reports another process than the server; if one process answers on two
 * connections, or two on one, it mixes sessions.
 */
export async function refuseTransactionPooling(url: string, config: pg.ClientConfig): Promise<void> {
  await using open = new AsyncDisposableStack();
  const connect = async (): Promise<pg.Client> => {
    const client = await connectOnce({ ...config, connectionString: url });
    open.defer(() => client.end().catch(() => undefined));
    return client;
  };
  const first = await connect();
  const own = await pidOf(first);
  if (!("processID" in first) || first.processID === own) return; // nothing in between
  const second = await connect();
  for (let look = 0; look < lookTimes; look += 1) {
    if ((await pidOf(second)) === own || (await pidOf(first)) !== own) throw new CannotStart(transactionPooling);
  }
}

const transactionPooling =
  "DATABASE_URL leads to a pooler in transaction or statement mode. Set BELLWIRE_DATABASE_DIRECT_URL to the same database without " +
  "the pooler, which then must be in transaction mode. Or connect to PostgreSQL only: Bellwire pools by itself " +
  "(BELLWIRE_DATABASE_CONNECTIONS).";

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}

/** The identity of a database and its user. The start time of the server is not part of it: a failover may be in progress. */
const identityStatement = `
  select concat_ws(' ', system_identifier, current_database(), session_user) as identity from pg_control_system()`;

/** Rejects a direct connection to another database, or of another user, than the pooler's; and a pooler in statement mode. */
export async function refuseOtherDatabase(url: string, directUrl: string, config: pg.ClientConfig): Promise<void> {
  const [pooled, direct] = await Promise.all([readIdentity(url, config), readIdentity(directUrl, config)]);
  if (pooled === direct) return;
  throw new CannotStart(
    "DATABASE_URL and BELLWIRE_DATABASE_DIRECT_URL lead to different databases, or log in as different users.",
  );
}

async function readIdentity(url: string, config: pg.ClientConfig): Promise<string | undefined> {
  const client = await connectOnce({ ...config, connectionString: url });
  try {
    await client.query("begin"); // refused in statement mode
    const { rows } = await client.query<{ identity: string }>(identityStatement);
    await client.query("commit");
    return rows[0]?.identity;
  } finally {
    await client.end().catch(() => undefined);
  }
}
