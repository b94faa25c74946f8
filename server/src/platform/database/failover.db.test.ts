import pg from "pg";
import { expect } from "vitest";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { openLineTo } from "../../../test/support/database-line.ts";
import { schema } from "../../../test/support/test-databases.ts";
import { test } from "../../../test/support/test.ts";
import { startThrowAwayPostgres } from "../../../test/support/throw-away-postgres.ts";
import { until } from "../../../test/support/until.ts";
import { systemClock } from "../clock.ts";
import { classifyDatabaseError } from "./connection.ts";
import { ConnectionWatch, type Session, sessionStatement } from "./failover.ts";
import { openPool, poolWithTimeout } from "./pool.ts";

test.concurrent("connections that stay silent are closed, and new ones work", async ({ databaseUrl }) => {
  const { line, connectionString } = await openLineTo(databaseUrl);
  await using _line = line;
  await using pool = await openPool({ connectionString, schema, max: 2, answerTimeoutMs: 300 });
  await Promise.all([pool.query("select pg_sleep(0.1)"), pool.query("select pg_sleep(0.1)")]); // both are open now
  line.silence();
  const requests = [pool.inTransaction((tx) => tx.query("select 1")), pool.inTransaction((tx) => tx.query("select 1"))];
  for (const outcome of await Promise.allSettled(requests)) {
    expect(outcome).toMatchObject({ status: "rejected" });
    expect(classifyDatabaseError("reason" in outcome ? outcome.reason : undefined)).toBe("away");
  }
  line.speak({ forgets: true });
  const again = ["select 1 as one", "select 1 as one", "select 1 as one"];
  expect(await Promise.all(again.map((text) => pool.query(text)))).toEqual(again.map(() => [{ one: 1 }]));
});

/** Far longer than the test: a connection that ends earlier was detected. */
const never = 3_600_000;

test.concurrent("connections that a firewall dropped are closed, and their transactions end on the server", async ({
  database,
  databaseUrl,
}) => {
  const { line, connectionString } = await openLineTo(databaseUrl);
  await using _line = line;
  await using pool = await openPool({ connectionString, schema, max: 2, answerTimeoutMs: never, overdueMs: 100 });
  const continued = Promise.withResolvers<void>();
  const started = Promise.withResolvers<number>();
  const lost = pool.inTransaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
    started.resolve(row?.pid ?? 0);
    await continued.promise;
    await tx.query("select 1");
  });
  const pid = await started.promise;
  line.silence();
  line.speak({ forgets: true });
  continued.resolve();
  const [outcome] = await Promise.allSettled([lost]);
  expect(classifyDatabaseError("reason" in outcome ? outcome.reason : undefined)).toBe("away");
  expect(await pool.query("select 1 as one")).toEqual([{ one: 1 }]);
  // The server has ended the session, so its locks are released.
  await until(async () => (await database.query("select from pg_stat_activity where pid = $1", [pid])).length === 0);
});

test.concurrent("when the database's address moves, all connections use the new server after one error", async ({
  databaseUrl,
}) => {
  await using successor = await startThrowAwayPostgres();
  const owner = new pg.Client({ connectionString: successor.urlOf("postgres") });
  await owner.connect();
  const { pathname, username, password } = new URL(databaseUrl.replace("@/", "@localhost/"));
  await owner.query(`alter role ${pg.escapeIdentifier(username)} password ${pg.escapeLiteral(password)}`);
  await owner.query(`create database ${pg.escapeIdentifier(pathname.slice(1))}`);
  await owner.end();

  const { line, connectionString } = await openLineTo(databaseUrl);
  await using _line = line;
  await using pool = await openPool({ connectionString, schema, max: 3, answerTimeoutMs: never, overdueMs: 100 });
  const startedAt = "select pg_postmaster_start_time()::text as at, pg_sleep(0.1)";
  const [before] = await Promise.all([pool.query(startedAt), pool.query(startedAt), pool.query(startedAt)]);
  line.moveTo(successor.socketPath);
  const [first] = await Promise.allSettled([pool.query(startedAt)]);
  expect(classifyDatabaseError("reason" in first ? first.reason : undefined)).toBe("away");
  const after = await Promise.all([pool.query(startedAt), pool.query(startedAt), pool.query(startedAt)]);
  for (const answer of after) expect(answer).not.toEqual(before);
});

test.concurrent("a slow statement on a working server is not cancelled", async ({ databaseUrl }) => {
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => undefined };
  await using pool = await openPool({ connectionString: databaseUrl, schema, log, overdueMs: 50 });
  await using owner = await openPool({ connectionString: databaseUrl, schema });
  const { slow } = await owner.inTransaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(1)");
    const running = pool.query("select 'done' as slow, pg_advisory_xact_lock(1)");
    const countSessions = async (): Promise<number> => {
      await tx.query("select pg_stat_clear_snapshot()");
      const sessions = "select sessions::integer as count from pg_stat_database where datname = current_database()";
      return (await tx.query<{ count: number }>(sessions))[0]?.count ?? 0;
    };
    // Each check is a session of its own.
    const before = await countSessions();
    await until(async () => (await countSessions()) >= before + 2);
    return { slow: running };
  });
  expect(await slow).toMatchObject([{ slow: "done" }]);
  expect(warnings).toEqual([]);
});

test.concurrent("a connection is given up only after two checks during the same statement", async ({ databaseUrl }) => {
  const clock = new HandDrivenClock();
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => undefined };
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client(databaseUrl);
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  let checks = 0;
  const countAndConnect = (): Promise<pg.Client> => {
    checks += 1;
    return connect();
  };
  await using watch = new ConnectionWatch({ connect: countAndConnect, clock, log, overdueMs: 1000 });
  const client = await connect();
  const { rows } = await client.query<Session>(sessionStatement);
  const watched = watch.add(client, rows[0] ?? { pid: 0, server: "" });
  const check = async (): Promise<void> => {
    const before = checks;
    await clock.advance(1500);
    await until(() => checks === before + 1 && clock.sleeping === 1);
  };
  watched.sent();
  await check();
  watched.answered();
  watched.sent();
  await check();
  expect(warnings).toEqual([]);
  await check();
  expect(warnings).toEqual(["database connection given up"]);
});

test.concurrent("hints arrive over a new connection when the old one has gone silent", async ({
  database,
  databaseUrl,
}) => {
  const { line, connectionString } = await openLineTo(databaseUrl);
  await using _line = line;
  await using pool = await openPool({ connectionString, schema, answerTimeoutMs: 300 });
  const hints: string[] = [];
  let opened = 0;
  pool.onHint("due", (values) => (values.length === 0 ? (opened += 1) : hints.push(...values)));
  await until(() => opened === 1);
  line.silence();
  line.speak({ forgets: true });
  await until(() => opened === 2);
  // A hint may be lost while one more connection replaces this one, as on a busy machine.
  await until(async () => {
    await database.inTransaction(async (tx) => tx.hintAfterCommit("due", "41"));
    return hints.includes("41");
  });
});

test.concurrent("a pool with a timeout rejects a statement that exceeds it", async ({ database }) => {
  const limitedPool = poolWithTimeout(database, systemClock, 100);
  expect(await limitedPool.query("select 1 as one")).toEqual([{ one: 1 }]);
  const late: unknown = await limitedPool.query("select pg_sleep(1)").catch((error: unknown) => error);
  expect(classifyDatabaseError(late)).toBe("away");
});
