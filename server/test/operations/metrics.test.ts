import Fastify from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect } from "vitest";
import { operationsPlugin } from "#http/operations/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { readDatabaseSwitches } from "#platform/database/failover.ts";
import { createUuidV7Generator } from "#platform/ids.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { AddressRefused, insertMail, sendDueMail, type SendMail } from "#portal/mails/index.ts";
import { createSender } from "#webhooks/attempts/index.ts";
import { claimLanes, everyAttempt, insertEngine, readHistoryDays } from "#webhooks/deliveries/index.ts";
import { composeEngine } from "../../src/app/engine-role.ts";
import {
  measureAttempts,
  measureBacklog,
  measureDatabase,
  measureDirectory,
  measureHttp,
  measureNotMade,
} from "../../src/app/metrics.ts";
import { lookupHere } from "../support/build-attempts.ts";
import { buildEndpoint, buildProvider, encryption, recordNow } from "../support/build-webhooks.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { startReceiver } from "../support/receiver.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

/** Returns each metric's value by its name with labels, as Prometheus scrapes them. */
async function scrape(metrics: Registry, pool: Database): Promise<ReadonlyMap<string, number>> {
  await using http = Fastify();
  await http.register(
    operationsPlugin({
      pool,
      machine: systemClock,
      metrics,
      isMigrated: async () => true,
      isStopping: () => false,
      readHistoryDays: () => readHistoryDays(pool),
      readDatabaseSwitches: () => readDatabaseSwitches(pool),
    }),
  );
  const { body } = await http.inject("/metrics");
  return new Map([...body.matchAll(/^(bellwire_\S+) (\S+)$/gm)].map(([, name = "", value]) => [name, Number(value)]));
}

/** Composes an engine as the product does, with its metrics. */
async function startMeasuredEngine(pool: Pool, metrics: Registry): Promise<AsyncDisposable> {
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  await using running = new AsyncDisposableStack();
  const sender = running.use(
    createSender({ clock: systemClock, userAgent: "Bellwire/test", allowed, lookup: lookupHere() }),
  );
  const log = pino({ level: "silent" });
  running.use(
    await composeEngine({
      pool,
      clock: systemClock,
      encryption,
      sender,
      log,
      metrics,
      inFlightMax: 50,
      disableAfterDays: 0,
      drainMs: () => 12_000,
    }),
  );
  return running.move();
}

test("metrics count attempts by outcome, attempts in flight, owned lanes and engine steps", async ({ database }) => {
  await using receiver = await startReceiver();
  const metrics = new Registry();
  await using _engine = await startMeasuredEngine(database, metrics);
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [3600] });
  await recordNow(database, { providerId });
  await until(() => receiver.received.length === 1);
  receiver.answer(500);
  await recordNow(database, { providerId });
  await until(() => receiver.received.length === 2);
  receiver.answer("hang");
  await recordNow(database, { providerId });
  await until(() => receiver.received.length === 3);
  await until(async () => (await database.query(`select from ${everyAttempt} attempt`)).length === 2);

  const text = await scrape(metrics, database);
  expect(text.get('bellwire_attempts_total{outcome="answered",next="done"}')).toBe(1);
  expect(text.get('bellwire_attempts_total{outcome="answered",next="retry"}')).toBe(1);
  expect(text.get("bellwire_attempt_duration_seconds_count")).toBe(2);
  expect(text.get("bellwire_attempts_in_flight")).toBe(1);
  expect(text.get("bellwire_lanes_owned")).toBe(1);
  const [body] = await database.query<{ bytes: number }>(
    "select length(body) as bytes from payloads order by event_id desc limit 1",
  );
  expect(text.get("bellwire_bodies_in_memory_bytes")).toBe(body?.bytes);
  expect(text.get("bellwire_bodies_in_memory_max_bytes")).toBe(50 * 320_000);
  expect(text.get("bellwire_windows_slots")).toBeGreaterThan(0);
  expect(text.get("bellwire_windows_narrowest_slots")).toBe(text.get("bellwire_windows_slots"));
  expect(text.get('bellwire_engine_step_duration_seconds_count{step="take"}')).toBeGreaterThan(0);
  expect(text.get('bellwire_engine_step_duration_seconds_count{step="read"}')).toBeGreaterThan(0);
  expect(text.get('bellwire_engine_step_duration_seconds_count{step="settle"}')).toBe(2);
  receiver.answer(200);
});

test("counters of attempts are 0 before the first one, so that alerts see that none is answered", async ({
  database,
}) => {
  const metrics = new Registry();
  measureAttempts(metrics);
  measureNotMade(metrics);
  const none = await scrape(metrics, database);
  expect(none.get('bellwire_attempts_total{outcome="answered",next="done"}')).toBe(0);
  expect(none.get('bellwire_attempts_total{outcome="timed-out",next="give-up"}')).toBe(0);
  expect(none.get('bellwire_attempts_not_made_total{code="EMFILE"}')).toBe(0);
});

test("backlog metrics count due deliveries with their age, without paused or future ones", async ({ database }) => {
  const metrics = new Registry();
  measureBacklog(metrics, { db: database, machine: systemClock });
  const none = await scrape(metrics, database);
  expect(none.get("bellwire_due_deliveries")).toBe(0);
  expect(none.get("bellwire_oldest_due_age_seconds")).toBe(0);
  expect(none.get("bellwire_mails_waiting")).toBe(0);

  for (const active of [true, true, false]) {
    const providerId = await buildProvider(database);
    const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
    for (let event = 0; event < 3; event += 1) await recordNow(database, { providerId });
    await database.query("update endpoints set active = $2 where id = $1", [endpointId, active]);
    const longAgo = "update due set due_at = now() - interval '1 hour' where endpoint_id = $1";
    await database.query(active ? longAgo : longAgo.replace("1 hour", "1 day"), [endpointId]);
    const later = `update due set due_at = now() + interval '1 hour'
      where (event_id, endpoint_id) = (select event_id, endpoint_id from due where endpoint_id = $1 limit 1)`;
    await database.query(later, [endpointId]);
  }
  const text = await scrape(metrics, database);
  expect(text.get("bellwire_due_deliveries")).toBe(4);
  expect(text.get("bellwire_oldest_due_age_seconds")).toBeGreaterThanOrEqual(3600);
  expect(text.get("bellwire_oldest_due_age_seconds")).toBeLessThan(3700);
});

test("the pause of a receiver does not make its deliveries look like ones that no engine sends", async ({
  database,
}) => {
  const metrics = new Registry();
  measureBacklog(metrics, { db: database, machine: systemClock });
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId });
  await database.query("update due set due_at = now() - interval '1 hour' where endpoint_id = $1", [endpointId]);
  const ageAfterPause = async (pauseSeconds: number): Promise<number> => {
    const pause = "update lanes set not_before = now() + make_interval(secs => $2) where endpoint_id = $1";
    await database.query(pause, [endpointId, pauseSeconds]);
    const text = await scrape(metrics, database);
    expect(text.get("bellwire_due_deliveries")).toBe(1);
    return text.get("bellwire_oldest_due_age_seconds") ?? Number.NaN;
  };
  expect(await ageAfterPause(60)).toBe(0);
  expect(await ageAfterPause(-600)).toBeGreaterThanOrEqual(600);
  expect(await ageAfterPause(-600)).toBeLessThan(700);
  expect(await ageAfterPause(-7200)).toBeGreaterThanOrEqual(3600);
});

test("the oldest undelivered event may wait for a retry or an earlier event, but is never held or replayed", async ({
  database,
}) => {
  const metrics = new Registry();
  measureBacklog(metrics, { db: database, machine: systemClock });
  const ageOf = async (): Promise<number> =>
    (await scrape(metrics, database)).get("bellwire_oldest_undelivered_event_age_seconds") ?? Number.NaN;
  expect(await ageOf()).toBe(0);

  const newUuidV7 = createUuidV7Generator();
  const aged = (hours: number): string => newUuidV7(Date.now() - hours * 3_600_000);
  const [live, pausedProvider] = [await buildProvider(database), await buildProvider(database)];
  const url = "http://127.0.0.1:9/";
  const endpointId = await buildEndpoint(database, { providerId: live, url, ordering: "account" });
  const pausedId = await buildEndpoint(database, { providerId: pausedProvider, url });
  await database.query(`update endpoints set state = 'paused' where id = $1`, [pausedId]);
  const insert = `insert into due (provider_id, endpoint_id, event_id, format, ordering_key, sequence, due_at, attempts_made, round_start, replay)
    values ($1, $2, $3, '3scale', $4, $5, $6, $7, $8, $9)`;
  await database.query(insert, [pausedProvider, pausedId, aged(9), null, 1, new Date(), 1, 0, 0]);
  await database.query(insert, [live, endpointId, aged(8), null, 1, new Date(), 6, 6, 1]);
  await database.query(insert, [live, endpointId, aged(7), null, 1, new Date(), 0, 0, 0]); // sent now, though old
  expect(await ageOf()).toBeLessThan(60);

  const inAnHour = new Date(Date.now() + 3_600_000);
  await database.query(insert, [live, endpointId, aged(2), "account/1", 2, "infinity", 0, 0, 0]);
  await database.query(insert, [live, endpointId, aged(3), "account/1", 1, inAnHour, 2, 0, 0]);
  expect(Math.round((await ageOf()) / 3600)).toBe(3);
  await database.query(`delete from due where attempts_made = 2`);
  expect(Math.round((await ageOf()) / 3600)).toBe(2);
  await database.query(insert, [live, endpointId, aged(5), null, 1, new Date(Date.now() - 5 * 3_600_000), 0, 0, 0]);
  expect(Math.round((await ageOf()) / 3600)).toBe(5);
  const text = await scrape(metrics, database);
  expect(text.get("bellwire_held_deliveries")).toBe(1);
  expect(text.get("bellwire_failures")).toBe(0);
});

test("receivers that stop responding within an hour are counted together, each host name once", async ({
  database,
}) => {
  const metrics = new Registry();
  measureBacklog(metrics, { db: database, machine: systemClock });
  const count = async (): Promise<number> =>
    (await scrape(metrics, database)).get("bellwire_receivers_silent_together") ?? Number.NaN;
  const providerId = await buildProvider(database);
  const build = (name: string, url: string): Promise<number> => buildEndpoint(database, { providerId, name, url });
  const fail = (endpointId: number, minutesAgo: number, unanswered = 3) =>
    database.query(
      `update lanes set unanswered = $2, failing_since = now() - make_interval(mins => $3) where endpoint_id = $1`,
      [endpointId, unanswered, minutesAgo],
    );

  const first = await build("first", "https://me:secret@One.example/a");
  const samePort = await build("same", "https://one.example:8443/b?to=https://two.example");
  const [second, third] = [
    await build("second", "http://[2001:db8::1]:80/"),
    await build("third", "http://three.example"),
  ];
  await recordNow(database, { providerId });
  expect(await count()).toBe(0);
  await fail(first, 40);
  await fail(samePort, 30);
  expect(await count()).toBe(1);
  await fail(first, 600);
  await fail(second, 20, 2); // a response may only be late
  expect(await count()).toBe(1);
  await fail(second, 80);
  expect(await count()).toBe(2);
  await fail(third, 100); // within an hour of the second, but not of the first
  expect(await count()).toBe(2);
  await fail(third, 85);
  expect(await count()).toBe(3);

  const engineId = "00000000-0000-7000-8000-000000000001";
  await insertEngine(database, engineId);
  const [claimed] = await claimLanes(database, {
    engineId,
    endpointIds: [third],
    claimNumber: 1,
    leaseSeconds: 60,
  });
  await database.query(
    `insert into lane_reports (endpoint_id, provider_id, epoch, released, counted_in, in_flight, window_size, unanswered,
       failing_since, failed_attempts)
     values ($1, $2, $3, false, 1, 0, 1, 0, now() - interval '85 minutes', 4)`,
    [third, providerId, claimed?.epoch],
  );
  expect(await count()).toBe(2); // its owner had a response, though no success
  await database.query("update endpoints set state = 'paused' where id = $1", [second]);
  expect(await count()).toBe(1);
  await database.query("delete from due where endpoint_id in ($1, $2)", [first, samePort]);
  expect(await count()).toBe(0);
});

test("the time without an accepted mail grows while all are refused, and ends with one that was written later", async ({
  database,
}) => {
  const metrics = new Registry();
  measureBacklog(metrics, { db: database, machine: systemClock });
  const providerId = await buildProvider(database);
  const refusedSeconds = async (): Promise<number> =>
    (await scrape(metrics, database)).get("bellwire_mails_refused_seconds") ?? Number.NaN;
  const write = (recipient: string, minutesAgo: number): Promise<void> => {
    const mail = { recipient, subject: "Activate your account", text: "…" };
    return database.inTransaction((tx) => insertMail(tx, providerId, mail, new Date(Date.now() - minutesAgo * 60_000)));
  };
  const attempt = (send: SendMail) => sendDueMail({ pool: database, send, clock: systemClock });
  const refuse = (error: Error) =>
    attempt(async () => {
      throw error;
    });

  await write("gone@quay.test", 40);
  await refuse(new AddressRefused("550 no such user"));
  expect(await refusedSeconds()).toBe(0);
  await write("mira@quay.test", 30);
  expect(await refusedSeconds()).toBe(0);
  await refuse(new Error("connect ECONNREFUSED"));
  await write("nora@quay.test", 20);
  expect(Math.round((await refusedSeconds()) / 60)).toBe(30);
  await attempt(async () => undefined);
  expect(await refusedSeconds()).toBe(0);
});

test("HTTP requests are counted by route and status class, and requests without a route together", async ({
  database,
}) => {
  const metrics = new Registry();
  await using http = Fastify();
  measureHttp(metrics)(http);
  http.get("/accounts/:id", async () => "ok");
  await http.inject("/accounts/1");
  await http.inject("/accounts/2");
  await http.inject("/elsewhere/3");

  const text = await scrape(metrics, database);
  const count = "bellwire_http_request_duration_seconds_count";
  expect(text.get(`${count}{method="GET",route="/accounts/:id",status="2xx"}`)).toBe(2);
  expect(text.get(`${count}{method="GET",route="unknown",status="4xx"}`)).toBe(1);
});

const isOldestStatement = "select where pg_snapshot_xmin(pg_current_snapshot())::text = $1";

test("a transaction of another program that writes holds the feeds, and its age is measured until it ends", async ({
  database,
  owner,
}) => {
  const metrics = new Registry();
  const machine = new HandDrivenClock();
  measureDatabase(metrics, { db: database, machine });
  const heldSeconds = async (): Promise<number> =>
    (await scrape(metrics, database)).get("bellwire_feeds_held_seconds") ?? NaN;
  expect(await heldSeconds()).toBe(0);
  await owner.inTransaction(async (tx) => {
    const [{ id } = { id: "" }] = await tx.query<{ id: string }>("select pg_current_xact_id()::text as id");
    await database.query("select pg_current_xact_id()"); // a later one, which the feeds would show
    // Transactions of other tests on the same PostgreSQL may be older.
    await until(async () => (await database.query(isOldestStatement, [id])).length > 0);
    await heldSeconds();
    await machine.advance(600_000);
    expect(await heldSeconds()).toBeGreaterThanOrEqual(600);
  });
  await until(async () => (await heldSeconds()) === 0);
});

test("a scrape without the database succeeds, with NaN for backlog metrics", async ({ database }) => {
  const metrics = new Registry();
  const unavailable: Database = {
    caches: database.caches,
    query: () => Promise.reject(new Error("connection refused")),
  };
  measureBacklog(metrics, { db: unavailable, machine: systemClock });
  const text = await scrape(metrics, database);
  expect(text.get("bellwire_due_deliveries")).toBeNaN();
  expect(text.get("bellwire_mails_waiting")).toBeNaN();
});

test("a scrape with a database that is silent ends in time for Prometheus", async ({ database }) => {
  const metrics = new Registry();
  const machine = new HandDrivenClock();
  const silent: Database = { caches: database.caches, query: () => new Promise(() => undefined) };
  measureBacklog(metrics, { db: silent, machine });
  measureDatabase(metrics, { db: silent, machine });
  measureDirectory(metrics, { db: silent, machine });
  const scraped = scrape(metrics, database);
  await until(() => machine.sleeping > 0);
  for (let seconds = 0; seconds < 8; seconds += 1) await machine.advance(1000);
  const text = await scraped;
  expect(text.get("bellwire_due_deliveries")).toBeNaN();
  expect(text.get("bellwire_history_days_ready")).toBeNaN();
  expect(text.get("bellwire_directory_away")).toBe(1);
});
