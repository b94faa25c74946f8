import pg from "pg";
import { expect } from "vitest";
import { migrate } from "#platform/database/migrate.ts";
import { openPool } from "#platform/database/open-pool.ts";
import { updateAccount } from "#portal/whole-accounts/index.ts";
import { followEvents, startOfFeed } from "#webhooks/events/index.ts";
import { byApi, byToken, form, now, setUp, signUp } from "../portal/house.ts";
import { openDatabaseLine } from "../support/database-line.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";
import { copyFiles, startCopy, startStandby, startThrowAwayPostgres } from "../support/throw-away-postgres.ts";
import { until } from "../support/until.ts";

/** A primary with Bellwire's tables and an asynchronous standby that has caught up, and a line that leads to the primary. */
async function openPair(running: AsyncDisposableStack) {
  const primary = running.use(await startThrowAwayPostgres());
  await migrate({ connectionString: primary.urlOf("postgres"), schema });
  const owner = new pg.Client(primary.urlOf("postgres"));
  running.defer(() => owner.end());
  await owner.connect();
  await owner.query(`select ${schema}.add_history_days($1::date, $1::date)`, [now]);
  const standby = running.use(await startStandby(primary));
  const follower = new pg.Client(standby.urlOf("postgres"));
  running.defer(() => follower.end());
  await follower.connect();
  const line = running.use(await openDatabaseLine(primary.socketPath));
  const url = new URL(primary.urlOf("postgres").replace("@/", "@localhost/"));
  url.host = `127.0.0.1:${line.port}`;
  url.searchParams.delete("host");
  return {
    line,
    primary,
    standby,
    connectionString: url.href,
    /** Until the standby has all that was committed. */
    async catchUp() {
      // Also what waits to be written: this server commits without waiting for its disk.
      const { rows } = await owner.query<{ lsn: string }>("select pg_current_wal_insert_lsn()::text as lsn");
      await until(async () => {
        const caught = await follower.query("select where pg_last_wal_replay_lsn() >= $1::pg_lsn", [rows[0]?.lsn]);
        return caught.rowCount === 1;
      });
    },
    /** From now on it receives nothing. */
    async cutOff() {
      await follower.query("alter system set primary_conninfo = ''");
      await follower.query("select pg_reload_conf()");
      await until(async () => (await follower.query("select from pg_stat_wal_receiver")).rowCount === 0);
    },
    promote: () => follower.query("select pg_promote()"),
  };
}

test("after a failover to a standby that lagged, no number is given twice and no event passes a follower by", async () => {
  await using running = new AsyncDisposableStack();
  const { line, standby, connectionString, ...pair } = await openPair(running);
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => undefined };
  const pool = running.use(await openPool({ connectionString, schema, log, overdueMs: 100 }));
  const { provider } = await setUp(pool);
  const first = await signUp(pool, { provider, by: byToken });
  const accountId = first.whole.account.id;
  const rename = (name: string) =>
    updateAccount(pool, { provider, accountId, values: { org_name: name }, writer: "program", by: byApi });
  const follow = async (after = startOfFeed) => {
    const events = await followEvents(pool, { providerId: provider.id, limit: 100, after });
    return { events, last: events.at(-1) ?? after };
  };
  await rename("kept");
  await pair.catchUp();
  await pair.cutOff();

  // Nobody but these readers will know of what follows.
  for (let index = 0; index < 20; index += 1) await rename(`lost ${index}`);
  const lostSignUp = await signUp(pool, {
    provider,
    by: byToken,
    values: { ...form, username: "lost", email: "lost@fjord.example" },
  });
  const before = await follow();
  const given = Math.max(
    ...before.events.filter((event) => event.accountId === accountId).map(({ sequence }) => sequence),
  );

  await pair.promote();
  line.moveTo(standby.socketPath);
  await until(() =>
    rename("after").then(
      () => true,
      () => false,
    ),
  );
  // Events are shown once all transactions that began before them have ended.
  const after = await until(async () => {
    const read = await follow(before.last);
    return read.events.length > 0 && read;
  });
  expect(after.events.map((event) => [event.type, event.accountId])).toEqual([["account.updated", accountId]]);
  expect(after.events[0]?.sequence).toBeGreaterThan(given);
  const laterSignUp = await signUp(pool, {
    provider,
    by: byToken,
    values: { ...form, username: "later", email: "later@fjord.example" },
  });
  expect(laterSignUp.whole.account.id).toBeGreaterThan(lostSignUp.whole.account.id);
  await until(async () => (await follow(after.last)).events.length > 0);

  expect(warnings.filter((warning) => warning.includes("goes on from an earlier state"))).toHaveLength(1);
  expect(await pool.query("select timeline from database_switches")).toEqual([{ timeline: 2 }]);
});

test("a connection to a standby is refused, so that none goes on unchecked when it is promoted", async () => {
  await using running = new AsyncDisposableStack();
  const { standby, connectionString, line, ...pair } = await openPair(running);
  line.moveTo(standby.socketPath);
  await expect(openPool({ connectionString, schema })).rejects.toThrow("The database is a standby");
  await pair.promote();
  const pool = running.use(await openPool({ connectionString, schema }));
  expect(await pool.query("select timeline from database_switches")).toEqual([{ timeline: 2 }]);
});

test("of several hosts the primary is used, and after a failover its successor", async () => {
  await using running = new AsyncDisposableStack();
  const { line, standby, connectionString, ...pair } = await openPair(running);
  const other = running.use(await openDatabaseLine(standby.socketPath));
  const both = connectionString.replace(`:${line.port}/`, `:${other.port},127.0.0.1:${line.port}/`);
  const pool = running.use(await openPool({ connectionString: both, schema, overdueMs: 100 }));
  expect(await pool.query("select timeline from database_switches")).toEqual([]);
  await pair.catchUp();
  line.silence();
  await pair.promote();
  await until(() =>
    pool.query("select").then(
      () => true,
      () => false,
    ),
  );
  expect(await pool.query("select timeline from database_switches")).toEqual([{ timeline: 2 }]);
});

test("when files are put back in place, processes that know more than the database skip its numbers, and one of them once", async () => {
  await using running = new AsyncDisposableStack();
  const { line, primary, connectionString } = await openPair(running);
  const pools = await Promise.all(
    [1, 2].map(async () => running.use(await openPool({ connectionString, schema, overdueMs: 100 }))),
  );
  const [pool, other] = pools;
  if (!pool || !other) throw new Error("There are no pools.");
  const { provider } = await setUp(pool);
  const { whole } = await signUp(pool, { provider, by: byToken });
  const accountId = whole.account.id;
  const rename = (name: string) =>
    updateAccount(pool, { provider, accountId, values: { org_name: name }, writer: "program", by: byApi });
  const files = await copyFiles(primary);
  for (let index = 0; index < 5; index += 1) await rename(`lost ${index}`);
  const numbers = () =>
    pool.query<{ last: number }>("select max(sequence) as last from events where account_id = $1", [accountId]);
  const [given] = await numbers();
  // Each has opened a connection since, which told it how far the log has come.
  for (const each of pools) await Promise.all(Array.from({ length: 5 }, () => each.query("select pg_sleep(0.5)")));

  const back = running.use(await startCopy(files));
  line.moveTo(back.socketPath);
  await until(() =>
    rename("after").then(
      () => true,
      () => false,
    ),
  );
  await until(() =>
    other.query("select").then(
      () => true,
      () => false,
    ),
  );
  const [after] = await numbers();
  expect(after?.last).toBeGreaterThan(given?.last ?? 0);
  expect(await pool.query("select timeline from database_switches")).toEqual([{ timeline: 1 }]);
});
