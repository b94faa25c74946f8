import Fastify from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect } from "vitest";
import { operationsDoor } from "#http/operations/index.ts";
import { systemClock } from "#platform/clock/clock.ts";
import { readDatabaseSwitches } from "#platform/database/database-switches.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { parseAllowedTargets } from "#platform/network/allowed-targets.ts";
import { createSender } from "#webhooks/attempts/index.ts";
import { everyAttempt } from "#webhooks/deliveries/index.ts";
import { readHistoryDays } from "#webhooks/history/index.ts";
import { composeEngine } from "../../src/app/compose-engine.ts";
import { measureBacklog } from "../../src/app/metrics/measure-backlog.ts";
import { lookupHere } from "../support/build-attempts.ts";
import { buildEndpoint, buildProvider, encryption, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

/** Every metric's value, by its name with labels, as Prometheus gets them. */
async function scrape(metrics: Registry, pool: Database): Promise<ReadonlyMap<string, number>> {
  await using http = Fastify();
  await http.register(
    operationsDoor({
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

/** The engine as the product composes it, which tells `metrics` what it does. */
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

test("what was delivered, what is under way and what the database took is told as it was", async ({ database }) => {
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

  const told = await scrape(metrics, database);
  expect(told.get('bellwire_attempts_total{outcome="answered",next="done"}')).toBe(1);
  expect(told.get('bellwire_attempts_total{outcome="answered",next="retry"}')).toBe(1);
  expect(told.get("bellwire_attempt_duration_seconds_count")).toBe(2);
  expect(told.get("bellwire_attempts_in_flight")).toBe(1);
  expect(told.get("bellwire_lanes_owned")).toBe(1);
  expect(told.get("bellwire_windows_places")).toBeGreaterThan(0);
  expect(told.get("bellwire_windows_narrowest_places")).toBe(told.get("bellwire_windows_places"));
  expect(told.get('bellwire_engine_step_duration_seconds_count{step="take"}')).toBeGreaterThan(0);
  expect(told.get('bellwire_engine_step_duration_seconds_count{step="read"}')).toBeGreaterThan(0);
  expect(told.get('bellwire_engine_step_duration_seconds_count{step="settle"}')).toBe(2);
  receiver.answer(200);
});

test("what waits is counted with its age, and what is held or not yet due is not", async ({ database }) => {
  const metrics = new Registry();
  measureBacklog(metrics, database);
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
  const told = await scrape(metrics, database);
  expect(told.get("bellwire_due_deliveries")).toBe(4);
  expect(told.get("bellwire_oldest_due_age_seconds")).toBeGreaterThanOrEqual(3600);
  expect(told.get("bellwire_oldest_due_age_seconds")).toBeLessThan(3700);
});

test("without its database, a process tells what it knows itself", async ({ database }) => {
  const metrics = new Registry();
  const away: Database = { query: () => Promise.reject(new Error("connection refused")) };
  measureBacklog(metrics, away);
  const told = await scrape(metrics, database);
  expect(told.get("bellwire_due_deliveries")).toBeNaN();
  expect(told.get("bellwire_mails_waiting")).toBeNaN();
});
