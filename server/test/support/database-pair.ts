import pg from "pg";
import { openDatabaseLine, type DatabaseLine } from "./database-line.ts";
import { kill } from "./processes.ts";
import {
  copyFiles,
  rejoin,
  startCopy,
  startStandby,
  startStandbyFromBackup,
  startThrowAwayPostgres,
  type ServerSettings,
  type ThrowAwayPostgres,
} from "./throw-away-postgres.ts";
import { until } from "./until.ts";

/** A primary, a standby that streams from it, and a proxy for clients. The standby starts as asynchronous. */
export class DatabasePair implements AsyncDisposable {
  readonly line: DatabaseLine;
  #primary: ThrowAwayPostgres;
  #standby: ThrowAwayPostgres;

  /** @param binaries the programs of a complete PostgreSQL, which then also makes the base backup */
  static async open(settings: ServerSettings = {}, binaries?: string): Promise<DatabasePair> {
    const primary = await startThrowAwayPostgres({ settings, ...(binaries !== undefined && { binaries }) });
    const standby = await (binaries === undefined ? startStandby(primary) : startStandbyFromBackup(primary));
    return new DatabasePair(primary, standby, await openDatabaseLine(primary.socketPath));
  }

  /** The primary is a copy of a running server, with all that it has. */
  static async ofCopy(original: ThrowAwayPostgres, settings: ServerSettings): Promise<DatabasePair> {
    const primary = await startCopy(await copyFiles(original), {}, settings);
    return new DatabasePair(primary, await startStandby(primary), await openDatabaseLine(primary.socketPath));
  }

  private constructor(primary: ThrowAwayPostgres, standby: ThrowAwayPostgres, line: DatabaseLine) {
    this.#primary = primary;
    this.#standby = standby;
    this.line = line;
  }

  get primary(): ThrowAwayPostgres {
    return this.#primary;
  }

  get standby(): ThrowAwayPostgres {
    return this.#standby;
  }

  /** Connects through the proxy. */
  get connectionString(): string {
    const url = new URL(this.#primary.urlOf("postgres").replace("@/", "@localhost/"));
    url.host = `127.0.0.1:${this.line.port}`;
    url.searchParams.delete("host");
    return url.href;
  }

  /** Waits until the standby has replayed everything that was committed before the call. */
  async catchUp(): Promise<void> {
    // The insert position includes commits that a server without synchronous_commit has not written yet. The commit of the message
    // also flushes records after the last commit, which an idle server would flush after up to 15 s.
    const position = "select pg_current_wal_insert_lsn()::text as lsn, pg_logical_emit_message(true, 'bellwire', '')";
    const [now] = await query<{ lsn: string }>(this.#primary, position);
    await until(
      async () => {
        const caughtUp = "select from (select pg_last_wal_replay_lsn() as lsn) replayed where lsn >= $1::pg_lsn";
        return (await query(this.#standby, caughtUp, [now?.lsn])).length === 1;
      },
      { everyMs: 50 },
    );
  }

  /** After the call, the primary acknowledges only commits that the standby has on its disk, and the standby has all earlier ones. */
  async makeSynchronous(): Promise<void> {
    await query(this.#primary, "alter system set synchronous_standby_names = '*'");
    await query(this.#primary, "select pg_reload_conf()");
    const synchronous = "select from pg_stat_replication where sync_state = 'sync' and state = 'streaming'";
    await until(async () => (await query(this.#primary, synchronous)).length === 1, { everyMs: 50 });
    await this.catchUp();
  }

  /** Freezes the process that receives from the primary. Returns a function that resumes it. */
  async freezeReceiver(): Promise<() => void> {
    const [receiver] = await query<{ pid: number }>(this.#standby, "select pid from pg_stat_wal_receiver");
    if (!receiver) throw new Error("The standby receives nothing.");
    kill(receiver.pid, "SIGSTOP");
    return () => kill(receiver.pid, "SIGCONT");
  }

  /** Stops replication. After the call, the standby receives nothing. */
  async cutOff(): Promise<void> {
    await query(this.#standby, "alter system set primary_conninfo = ''");
    await query(this.#standby, "select pg_reload_conf()");
    await until(async () => (await query(this.#standby, "select from pg_stat_wal_receiver")).length === 0);
  }

  async promote(): Promise<void> {
    // Does not wait in the statement, which replay may cancel.
    await query(this.#standby, "select pg_promote(wait => false)");
    await until(async () => (await query(this.#standby, "select where not pg_is_in_recovery()")).length === 1, {
      withinMs: 60_000,
    });
  }

  /** Returns the commit time of the last transaction that the standby replayed, by this machine's clock. */
  async lastReplayedMs(): Promise<number> {
    const replayed = `select (extract(epoch from pg_last_xact_replay_timestamp()) * 1000)::float8 as "atMs"`;
    return (await query<{ atMs: number | null }>(this.#standby, replayed))[0]?.atMs ?? 0;
  }

  /** After a failover: the promoted standby is the primary from now on, and gets a new standby. */
  async replaceStandby(): Promise<void> {
    await this.#primary[Symbol.asyncDispose]();
    this.#primary = this.#standby;
    this.#standby = await startStandby(this.#primary);
  }

  /** After a failover: the promoted standby is the primary from now on, and the killed one becomes its standby. */
  async rejoin(): Promise<void> {
    [this.#primary, this.#standby] = [this.#standby, await rejoin(this.#primary, this.#standby)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.line[Symbol.asyncDispose]();
    await this.#standby[Symbol.asyncDispose]();
    if (this.#primary !== this.#standby) await this.#primary[Symbol.asyncDispose]();
  }
}

/** Queries the server directly, over its own connection. Repeats the query if a standby's replay conflicts with it. */
async function query<Row extends pg.QueryResultRow>(
  server: ThrowAwayPostgres,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  for (;;) {
    const client = new pg.Client(server.urlOf("postgres"));
    try {
      await client.connect();
      return (await client.query<Row>(text, [...values])).rows;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === "40001")) throw error;
    } finally {
      await client.end();
    }
  }
}
