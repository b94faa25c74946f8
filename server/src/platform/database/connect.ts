import pg from "pg";
import { parseDatabaseUrl } from "./database-url.ts";

/** The hosts of a DATABASE_URL, and which one is used: the first that turned out to be a primary. */
export class DatabaseHosts {
  readonly #urls: readonly string[];
  #index = 0;
  /** Whether a primary will not do that only reads. */
  readonly mustWrite: boolean;

  constructor(text: string) {
    const parsed = parseDatabaseUrl(text);
    if ("wrong" in parsed) throw new TypeError(`DATABASE_URL ${parsed.wrong}.`); // refused at the start
    this.#urls = parsed.urls;
    this.mustWrite = parsed.mustWrite;
  }

  get current(): string {
    return this.#urls[this.#index] ?? "";
  }

  get count(): number {
    return this.#urls.length;
  }

  /** Goes on to the next host, unless somebody else has already left this one. */
  leave(url: string): void {
    if (url === this.current) this.#index = (this.#index + 1) % this.#urls.length;
  }

  /** All of them once, beginning with the current one. */
  inOrder(): readonly string[] {
    return [...this.#urls.slice(this.#index), ...this.#urls.slice(0, this.#index)];
  }
}

/** As PostgreSQL says it of a statement that writes on a standby. */
export class StandbyRefused extends Error {
  readonly code = "25006";

  constructor() {
    super("The database is a standby, which only reads.");
  }
}

/** Connects to the first host, in order, that is a primary, and stays with it. Rejects with what the last one said. */
export async function connectToPrimary(hosts: DatabaseHosts, config: pg.ClientConfig): Promise<pg.Client> {
  let said: unknown;
  for (const connectionString of hosts.inOrder()) {
    try {
      return await connectOnce({ ...config, connectionString });
    } catch (error) {
      said = error;
      hosts.leave(connectionString);
    }
  }
  throw said;
}

async function connectOnce(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on("error", () => undefined); // also rejects what is asked
  try {
    await client.connect();
    const { rows } = await client.query<{ isStandby: boolean }>(`select pg_is_in_recovery() as "isStandby"`);
    if (rows[0]?.isStandby) throw new StandbyRefused();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

const lookTimes = 10;

/**
 * Rejects, in words, a pooler that lends a connection to a server for a transaction or a statement alone. Sessions are needed: for
 * prepared statements, settings, hints (`listen`) and locks. A pooler gives itself away by naming another process than the
 * server's; that it mixes sessions, by one process answering on two connections, or two on one.
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
    if ((await pidOf(second)) === own || (await pidOf(first)) !== own) throw new TransactionPoolingRefused();
  }
}

class TransactionPoolingRefused extends Error {
  constructor() {
    super(
      "DATABASE_URL leads to a pooler in transaction or statement mode, but Bellwire needs sessions " +
        "(prepared statements, settings, LISTEN, locks). Set pool_mode=session for it in PgBouncer, or connect to PostgreSQL " +
        "directly: Bellwire pools by itself (BELLWIRE_DATABASE_CONNECTIONS).",
    );
  }
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}
