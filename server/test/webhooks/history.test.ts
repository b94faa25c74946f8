import { expect } from "vitest";
import { listDeliveries, readDelivery } from "#webhooks/deliveries/index.ts";
import { listFailures, retryFailures } from "#webhooks/failures/index.ts";
import { addComingDays, retireExpiredDays } from "#webhooks/history/index.ts";
import { buildEndpoint, buildProvider, bySystem, encryption, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const dayMs = 86_400_000;

test("a process that runs for months always has the tables of the coming days", async ({ database }) => {
  const inThreeMonths = new Date(Date.now() + 90 * dayMs);
  await addComingDays(database, inThreeMonths);
  // Not an id of ours: those never run backwards, so what this process records next would lie months ahead.
  const insert = `
    insert into payloads (provider_id, event_id, format, body, context) values (1, uuid_v7_floor($1), '3scale', '', '{}')`;
  await database.inTransaction((tx) => tx.query(insert, [new Date(inThreeMonths.getTime() + 13 * dayMs)]));
});

test("expired days go, but for what failed or is still due, which can be retried as before", async ({ database }) => {
  await using receiver = await startReceiver(500);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [] });
  const [failed = ""] = await recordNow(database, { providerId });
  {
    await using _engine = await startTestEngine(database);
    await until(async () => (await database.query("select from failures")).length === 1);
    receiver.answer(200);
    await recordNow(database, { providerId });
    await until(async () => (await database.query("select from due")).length === 0);
  }
  const [pending = ""] = await recordNow(database, { providerId });

  const later = new Date(Date.now() + 31 * dayMs);
  const today = new Date().toISOString().slice(0, 10);
  expect(await retireExpiredDays(database, new Date(), 30)).not.toContain(today);
  expect(await retireExpiredDays(database, later, 30)).toContain(today);
  expect(await retireExpiredDays(database, later, 30)).toEqual([]);

  const left = await listDeliveries(database, { providerId, limit: 10 });
  expect(left.map(({ eventId, state }) => [eventId, state])).toEqual([
    [pending, "pending"],
    [failed, "failed"],
  ]);
  expect((await readDelivery(database, { providerId, eventId: failed, endpointId }))?.attempts).toHaveLength(1);
  await until(async () => (await listFailures(database, encryption, { providerId })).length === 1);
  await retryFailures(database, { providerId }, bySystem);
  await using _engine = await startTestEngine(database);
  await until(async () => (await database.query("select from due")).length === 0);
  // Dealt with, so the rest of the day goes too.
  expect(await retireExpiredDays(database, later, 30)).toHaveLength(1);
  expect(await database.query("select from events")).toEqual([]);
  expect(new Set(receiver.received.slice(-2).map((request) => request.headers["webhook-id"]))).toEqual(
    new Set([failed, pending]),
  );
});
