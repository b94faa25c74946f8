import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { cancelDelivery, retryDelivery } from "#webhooks/deliveries/index.ts";
import { countOrphans, readStatistics, spanOf } from "#webhooks/statistics/index.ts";
import { anEvent, buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { readAllStatistics, recountAttempts } from "./recount.ts";

const events = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    anEvent({ type: index % 3 === 0 ? "account.updated" : "account.created", accountId: 31 + (index % 4) }),
  );

const isEmpty = async (db: Pool): Promise<boolean> => (await db.query(`select from due`)).length === 0;

async function expectStatisticsToEqualAttempts(db: Pool, providerId: number): Promise<void> {
  const recount = await recountAttempts(db, providerId);
  expect(Object.keys(recount)).not.toEqual([]);
  expect(await readAllStatistics(db, providerId)).toEqual(recount);
}

test.concurrent("statistics of minutes, hours and days equal the attempts, per endpoint, per event type and in total", async ({
  database,
}) => {
  let requests = 0;
  await using receiver = await startReceiver((answer) => {
    requests += 1;
    answer.writeHead(requests % 4 === 0 ? 503 : requests % 7 === 0 ? 404 : 200).end("thanks");
  });
  const few = { eventTypes: ["account.updated"] }; // 50 attempts without a response would pause the endpoint
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url });
  await buildEndpoint(database, { providerId, url: receiver.url, name: "ordered", ordering: "account" });
  await buildEndpoint(database, {
    providerId,
    url: "http://127.0.0.1:9/",
    name: "closed",
    ...few,
    retryWaitsSeconds: [0],
  });
  await buildEndpoint(database, {
    providerId,
    url: "http://10.1.2.3/",
    name: "forbidden",
    ...few,
    retryWaitsSeconds: [],
  });
  {
    await using _engine = await startTestEngine(database);
    for (let round = 0; round < 3; round += 1) await recordNow(database, { providerId }, events(20));
    await until(() => isEmpty(database));
  }
  await expectStatisticsToEqualAttempts(database, providerId);
});

test.concurrent("an attempt counts once, even if writes fail or repeat after a lost response", async ({ database }) => {
  const lost = { before: 0, after: 0, settle: 0 };
  const loseEvery = (step: keyof typeof lost, nth: number): void => {
    lost[step] += 1;
    if (lost[step] % nth === 0) throw new Error("the connection was lost");
  };
  let requests = 0;
  await using receiver = await startReceiver((answer) => {
    requests += 1;
    answer.writeHead(requests % 4 === 0 ? 503 : 200).end();
  });
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url });
  await buildEndpoint(database, { providerId, url: receiver.url, name: "ordered", ordering: "account" });
  {
    await using _engine = await startTestEngine(database, {
      onStatistics: (when) => loseEvery(when, when === "before" ? 3 : 2),
      onSettled: () => loseEvery("settle", 4),
    });
    for (let round = 0; round < 4; round += 1) {
      await recordNow(database, { providerId }, events(20));
      const written = lost.after;
      await until(() => lost.after > written);
    }
    await until(() => isEmpty(database));
  }
  expect(Object.values(lost).every((count) => count >= 4)).toBe(true);
  await expectStatisticsToEqualAttempts(database, providerId);
});

test.concurrent("a manual retry of a failure counts as an attempt, but not in the delay from the event to the delivery", async ({
  database,
}) => {
  await using receiver = await startReceiver(500);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url, retryWaitsSeconds: [] });
  await using _engine = await startTestEngine(database);
  const [eventId = ""] = await recordNow(database, { providerId });
  await until(async () => (await database.query("select from failures")).length === 1);
  receiver.answer(200);
  await database.inTransaction((tx) => retryDelivery(tx, { providerId, eventId, endpointId }));

  const now = Date.now();
  const span = spanOf("day", now - 3_600_000, now + 60_000);
  const [day] = await until(async () => {
    const days = await readStatistics(database, { providerId, span, histograms: ["delays"] });
    return days[0]?.counts.attempts === 2 && days;
  });
  expect([day?.counts.sums.delivered, day?.counts.delays.percentile(0.95)]).toEqual([1, null]);
});

const leaseMs = 1000;
const engineProgram = fileURLToPath(new URL("../engine/engine-process.ts", import.meta.url));

test.concurrent(
  "after engines are killed, the next owners count every attempt that the killed engines recorded",
  { timeout: 60_000 },
  async ({ database, databaseUrl }) => {
    let requests = 0;
    let onRequest = (): void => undefined;
    await using receiver = await startReceiver((answer) => {
      requests += 1;
      answer.writeHead(requests % 5 === 0 ? 500 : 200).end();
      onRequest();
    });
    const providerId = await buildProvider(database);
    await buildEndpoint(database, { providerId, url: receiver.url });
    await buildEndpoint(database, { providerId, url: receiver.url, name: "ordered", ordering: "account" });
    for (let kills = 0; kills < 2; kills += 1) {
      const engine = fork(engineProgram, [`engine-${kills}`, databaseUrl, String(leaseMs)]);
      const killAt = requests + 150;
      onRequest = () => {
        if (requests >= killAt) engine.kill("SIGKILL");
      };
      await recordNow(database, { providerId }, events(200));
      if (engine.signalCode === null) await once(engine, "exit");
    }
    onRequest = () => undefined;
    expect(await readAllStatistics(database, providerId)).not.toEqual(await recountAttempts(database, providerId));
    {
      await using _next = await startTestEngine(database, { leaseMs });
      await until(() => isEmpty(database));
    }
    await expectStatisticsToEqualAttempts(database, providerId);
  },
);

test.concurrent(
  "the attempts of a killed engine are counted even if no deliveries are due",
  { timeout: 60_000 },
  async ({ database, databaseUrl }) => {
    await using receiver = await startReceiver();
    const providerId = await buildProvider(database);
    await buildEndpoint(database, { providerId, url: receiver.url });
    const engine = fork(engineProgram, ["engine", databaseUrl, "60000"]);
    await once(engine, "message");
    await database.inTransaction(async (tx) => {
      await tx.query("lock table statistics_minutes in share mode"); // the engine records its attempts, but cannot count them
      await recordNow(database, { providerId }, events(20));
      await until(() => isEmpty(database));
      engine.kill("SIGKILL");
      await once(engine, "exit");
    });
    expect(await countOrphans(database)).toBe(0); // a frozen engine would count them itself

    await database.query(`update engines set beat_at = now() - interval '2 minutes'`);
    expect(await countOrphans(database)).toBe(1);
    await expectStatisticsToEqualAttempts(database, providerId);
    expect(await countOrphans(database)).toBe(0);
  },
);

test.concurrent("a delivery cancelled in flight counts as an attempt, and as neither delivered nor failed", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  let respond = (): void => undefined;
  await using receiver = await startReceiver((answer) => {
    respond = () => void answer.writeHead(500).end();
  });
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  {
    await using _engine = await startTestEngine(database);
    const [eventId = ""] = await recordNow(database, { providerId });
    await until(() => receiver.received.length === 1);
    await database.inTransaction((tx) => cancelDelivery(tx, { providerId, eventId, endpointId }));
    respond();
    await until(async () => (await database.query(`select from attempts`)).length === 1);
  }
  await expectStatisticsToEqualAttempts(database, providerId);
});
