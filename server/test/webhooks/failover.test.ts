import { expect } from "vitest";
import { openPool } from "#platform/database/pool.ts";
import { updateAccount } from "#portal/accounts/index.ts";
import { followEvents, startOfFeed } from "#webhooks/events/index.ts";
import { byApi, byToken, form, setUp, signUp } from "../portal/portal-fixture.ts";
import { buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { openDatabaseLine } from "../support/database-line.ts";
import { DatabasePair } from "../support/database-pair.ts";
import { migrateTestDatabase } from "../support/migrate-template.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { schema } from "../support/test-databases.ts";
import { test as base } from "../support/test.ts";
import { copyFiles, startCopy, startThrowAwayPostgres } from "../support/throw-away-postgres.ts";
import { until } from "../support/until.ts";

const test = base
  .extend("migrated", { scope: "file" }, async ({}, { onCleanup }) => {
    const postgres = await startThrowAwayPostgres();
    onCleanup(() => postgres[Symbol.asyncDispose]());
    await migrateTestDatabase(postgres.urlOf("postgres"));
    return postgres;
  })
  /** A primary with Bellwire's tables, an asynchronous standby that has caught up, and a connection to the primary. */
  .extend("pair", async ({ migrated }, { onCleanup }) => {
    // Otherwise a new connection may see a log position from before the commits that were just acknowledged.
    const pair = await DatabasePair.ofCopy(migrated, { synchronous_commit: "on" });
    onCleanup(() => pair[Symbol.asyncDispose]());
    await pair.catchUp();
    return pair;
  });

test.concurrent("a failover to a lagging standby reuses no number, and feeds skip no event", async ({ pair }) => {
  await using running = new AsyncDisposableStack();
  const { line, standby, connectionString } = pair;
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => warnings.push(message), error: () => undefined };
  const pool = running.use(await openPool({ connectionString, schema, log, overdueMs: 100 }));
  const { provider } = await setUp(pool);
  const first = await signUp(pool, { provider, by: byToken });
  const accountId = first.details.account.id;
  const rename = (name: string) =>
    updateAccount(pool, { provider, accountId, values: { org_name: name }, writer: "program", by: byApi });
  const follow = async (after = startOfFeed) => {
    const events = await followEvents(pool, { providerId: provider.id, limit: 100, after });
    return { events, last: events.at(-1) ?? after };
  };
  await rename("kept");
  await pair.catchUp();
  await pair.cutOff();

  // The standby will lack these rows. Only readers of the feed have seen them.
  for (let index = 0; index < 20; index += 1) await rename(`lost ${index}`);
  const lostSignUp = await signUp(pool, {
    provider,
    by: byToken,
    values: { ...form, username: "lost", email: "lost@fjord.example" },
  });
  const before = await follow();
  const lastSequence = Math.max(
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
  // Events appear once all transactions that began before them have ended.
  const after = await until(async () => {
    const read = await follow(before.last);
    return read.events.length > 0 && read;
  });
  expect(after.events.map((event) => [event.type, event.accountId])).toEqual([["account.updated", accountId]]);
  expect(after.events[0]?.sequence).toBeGreaterThan(lastSequence);
  const laterSignUp = await signUp(pool, {
    provider,
    by: byToken,
    values: { ...form, username: "later", email: "later@fjord.example" },
  });
  expect(laterSignUp.details.account.id).toBeGreaterThan(lostSignUp.details.account.id);
  await until(async () => (await follow(after.last)).events.length > 0);

  expect(warnings.filter((warning) => warning.includes("continues from an earlier state"))).toHaveLength(1);
  expect(await pool.query("select timeline from database_switches")).toEqual([{ timeline: 2 }]);
});

test.concurrent("connections to a standby are refused until its promotion", async ({ pair }) => {
  await using running = new AsyncDisposableStack();
  const { line, standby, connectionString } = pair;
  line.moveTo(standby.socketPath);
  await expect(openPool({ connectionString, schema })).rejects.toThrow("The database is a standby");
  await pair.promote();
  const pool = running.use(await openPool({ connectionString, schema }));
  expect(await pool.query("select timeline from database_switches")).toEqual([{ timeline: 2 }]);
});

test.concurrent("with several hosts, the primary is used, and the new primary after a failover", async ({ pair }) => {
  await using running = new AsyncDisposableStack();
  const { line, standby, connectionString } = pair;
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

test.concurrent.for([
  ["keeps", 1000],
  ["has released", 0],
] as const)(
  "deliveries whose settlement a failover loses become due again, even for an engine that %s their lane",
  { timeout: 300_000 }, // a wait that fails names its condition, which the end of the test's time would not
  async ([, keptLanesMax], { pair }) => {
    await using running = new AsyncDisposableStack();
    const pool = running.use(await openPool({ connectionString: pair.connectionString, schema, overdueMs: 100 }));
    const responses: (() => void)[] = [];
    const receiver = running.use(
      await startReceiver((response) => responses.push(() => response.writeHead(200).end())),
    );
    const providerId = await buildProvider(pool);
    const endpointId = await buildEndpoint(pool, { providerId, url: receiver.url, timeoutSeconds: 30 });
    const owned = () => pool.query("select from lanes where endpoint_id = $1 and owner is not null", [endpointId]);
    const { engine } = running.use(await startTestEngine(pool, { keptLanesMax })); // its lease outlasts the failover
    const [eventId] = await recordNow(pool, { providerId });
    await until(() => receiver.received.length === 1);
    await pair.catchUp();
    await pair.cutOff();
    responses[0]?.();
    await until(async () => (await pool.query("select from due")).length === 0);
    await until(() => engine.bodies.bytes === 0); // otherwise it would record the outcome again, and send nothing
    if (keptLanesMax === 0) await until(async () => (await owned()).length === 0);

    await pair.promote();
    pair.line.moveTo(pair.standby.socketPath);
    await until(() => receiver.received.length === 2); // a lease and more
    expect(receiver.received[1]?.headers["webhook-id"]).toBe(eventId);
    responses[1]?.();
    await until(async () => (await pool.query("select from due")).length === 0);
  },
);

test.concurrent("after a restore in place, processes that know later numbers skip ahead together once", async ({
  pair,
}) => {
  await using running = new AsyncDisposableStack();
  const { line, primary, connectionString } = pair;
  const pools = await Promise.all(
    [1, 2].map(async () => running.use(await openPool({ connectionString, schema, overdueMs: 100 }))),
  );
  const [pool, other] = pools;
  if (!pool || !other) throw new Error("There are no pools.");
  const { provider } = await setUp(pool);
  const { details } = await signUp(pool, { provider, by: byToken });
  const accountId = details.account.id;
  const rename = (name: string) =>
    updateAccount(pool, { provider, accountId, values: { org_name: name }, writer: "program", by: byApi });
  const files = await copyFiles(primary);
  for (let index = 0; index < 5; index += 1) await rename(`lost ${index}`);
  const numbers = () =>
    pool.query<{ last: number }>("select max(sequence) as last from events where account_id = $1", [accountId]);
  const [beforeRestore] = await numbers();
  // Each pool has opened a connection since, which reads the end of the log.
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
  expect(after?.last).toBeGreaterThan(beforeRestore?.last ?? 0);
  expect(await pool.query("select timeline from database_switches")).toEqual([{ timeline: 1 }]);
});
