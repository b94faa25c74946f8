import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { cancelDelivery, retryDelivery } from "#webhooks/deliveries/index.ts";
import {
  countOrphans,
  type OwnedLane,
  readStatistics,
  spanOf,
  StatisticsRecorder,
  writeStatistics,
} from "#webhooks/statistics/index.ts";
import { LaneCounts } from "#webhooks/statistics/counts.ts";
import { idleLane } from "#webhooks/statistics/write-statistics.ts";
import { anEvent, buildEndpoint, buildProvider, feedsAreComplete, recordNow } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { countedAttempt } from "../support/counted-attempt.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
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

test.concurrent("after engines are killed, the next owners count every attempt that the killed engines recorded", async ({
  database,
  databaseUrl,
}) => {
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
});

test.concurrent("the attempts of a killed engine are counted even if no deliveries are due, and once", async ({
  database,
  databaseUrl,
  owner,
}) => {
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
  // Not at once: PostgreSQL may still execute the killed engine's last statement, which waited for the lock.
  await until(async () => (await countOrphans(database)) === 1);
  await expectStatisticsToEqualAttempts(database, providerId);
  await owner.inTransaction(async (tx) => {
    await tx.query("lock table attempts in access exclusive mode"); // no further run reads the history
    expect(await countOrphans(database)).toBe(0);
  });
});

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

interface AttemptOfLane {
  readonly providerId: number;
  readonly eventId: string;
  readonly endpointId: number;
}

async function buildAttempts(pool: Pool): Promise<AttemptOfLane> {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "http://127.0.0.1:9/" });
  const [eventId = ""] = await recordNow(pool, { providerId });
  return { providerId, eventId, endpointId };
}

/** Records an attempt, and returns the number of its transaction. */
async function recordAttempt(pool: Database, { providerId, eventId, endpointId }: AttemptOfLane, number: number) {
  const [row] = await pool.query<{ recordedIn: number }>(
    `insert into attempts (provider_id, event_id, endpoint_id, number, at, status, latency_ms)
     values ($1, $2, $3, $4, clock_timestamp(), 500, 20) returning recorded_in`,
    [providerId, eventId, endpointId, number],
  );
  return row?.recordedIn ?? 0;
}

async function claim(pool: Pool, { endpointId, providerId }: AttemptOfLane, epoch: number): Promise<OwnedLane> {
  const [row] = await pool.query<{ formerThrough: number }>("select transaction_number() as former_through");
  return { endpointId, providerId, epoch, formerThrough: row?.formerThrough ?? 0 };
}

async function countedAttempts(pool: Pool, { endpointId }: AttemptOfLane): Promise<number> {
  const [row] = await pool.query<{ sum: number }>(
    "select coalesce(sum(outcome_5xx), 0) as sum from statistics_minutes where endpoint_id = $1 and event_type = ''",
    [endpointId],
  );
  return row?.sum ?? 0;
}

/** Starts a recorder that writes whenever the test calls `write`. */
function startRecorder(pool: Pool, owned: readonly OwnedLane[]) {
  const clock = new HandDrivenClock();
  const stop = new AbortController();
  const recorder = new StatisticsRecorder({
    clock,
    write: (lanes) => pool.inTransaction((tx) => writeStatistics(tx, lanes)),
    ownedLanes: () => owned.map((lane) => ({ lane, state: idleLane })),
    log: { warn: (fields, message) => expect.fail(`${message} ${JSON.stringify(fields)}`) },
  });
  const running = recorder.run(stop.signal);
  return {
    recorder,
    write: () => clock.advance(1000),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await clock.advance(1000);
      await running;
    },
  };
}

test.concurrent("an attempt counts once if its lane was claimed again while attempts of the former claim were unknown", async ({
  database,
}) => {
  const lane = await buildAttempts(database);
  const countOf = (transaction: number, number: number) =>
    [
      countedAttempt({ atMs: Date.now(), number, status: 500, end: null, delayMs: null }),
      { first: transaction, last: transaction },
    ] as const;

  const first = await claim(database, lane, 1);
  const firstIn = await recordAttempt(database, lane, 1);
  const second = await claim(database, lane, 2);
  const [secondIn, thirdIn] = [await recordAttempt(database, lane, 2), await recordAttempt(database, lane, 3)];
  await feedsAreComplete(database);
  {
    await using started = startRecorder(database, [second]);
    const { recorder, write } = started;
    recorder.recount(first, firstIn);
    recorder.count(second, ...countOf(secondIn, 2));
    recorder.count(second, ...countOf(thirdIn, 3));
    await until(async () => (await write(), (await countedAttempts(database, lane)) >= 3));
    await until(async () => (await write(), recorder.lagSeconds === 0));
  }
  expect(await countedAttempts(database, lane)).toBe(3);
});

test.concurrent("the attempts of a killed engine are counted, although its last transaction ends after the next owner's first write", async ({
  database,
}) => {
  const lane = await buildAttempts(database);
  await database.query("update lanes set epoch = 1 where endpoint_id = $1", [lane.endpointId]);
  let started: ReturnType<typeof startRecorder> | undefined;
  await database.inTransaction(async (last) => {
    await recordAttempt(last, lane, 1);
    const next = startRecorder(database, [await claim(database, lane, 2)]);
    started = next;
    await until(async () => (await next.write(), (await database.query("select from lane_reports")).length === 1));
  });
  await using next = started;
  await until(async () => (await next?.write(), (await countedAttempts(database, lane)) > 0));
  expect(await countedAttempts(database, lane)).toBe(1);
});

test.concurrent("the last attempts of a released lane are counted, although an earlier transaction ran at the release", async ({
  database,
}) => {
  const lane = await buildAttempts(database);
  const released = await claim(database, lane, 1);
  await using started = startRecorder(database, []);
  const { recorder, write } = started;
  await database.inTransaction(async (earlier) => {
    await earlier.query("select transaction_number()");
    recorder.recount(released, await recordAttempt(database, lane, 1));
    for (let count = 0; count < 3; count += 1) await write();
    expect(await countedAttempts(database, lane)).toBe(0);
  });
  await until(async () => (await write(), recorder.lagSeconds === 0));
  expect(await countedAttempts(database, lane)).toBe(1);
});

test.concurrent("the last attempts of a killed engine are counted, although an earlier transaction runs", async ({
  database,
}) => {
  const lane = await buildAttempts(database);
  await database.query("update lanes set epoch = 1 where endpoint_id = $1", [lane.endpointId]);
  await database.inTransaction(async (earlier) => {
    await earlier.query("select transaction_number()");
    await recordAttempt(database, lane, 1);
    expect(await countOrphans(database)).toBe(0);
  });
  await until(async () => (await countOrphans(database)) === 1);
  expect(await countedAttempts(database, lane)).toBe(1);
});

test.concurrent("an attempt that one process reads from the history is not added by another one at the same time", async ({
  database,
}) => {
  const attempts = await buildAttempts(database);
  const { endpointId, providerId } = attempts;
  const uncounted = { counts: new LaneCounts(), base: undefined, through: 0, isFirstWrite: false, known: undefined };
  const lane = { endpointId, providerId, epoch: 1, isReleased: true, state: idleLane, ...uncounted };
  const writeLane = (change: object) => (tx: Transaction) => writeStatistics(tx, [{ ...lane, ...change }]);
  const before = (await database.inTransaction(writeLane({}))).get(endpointId);
  const known = before?.result === "counted" ? before.through : undefined;
  const through = await recordAttempt(database, attempts, 1);
  await feedsAreComplete(database);
  const counts = new LaneCounts();
  counts.add(countedAttempt({ atMs: Date.now(), number: 1, status: 500, end: null, delayMs: null }));
  const { added } = await database.inTransaction(async (tx) => {
    await writeLane({})(tx);
    const writing = { added: database.inTransaction(writeLane({ counts, known, through })) };
    await until(() => countWaiting(database));
    return writing;
  });
  expect((await added).get(endpointId)).toEqual({ result: "again" });
  expect(await countedAttempts(database, attempts)).toBe(1);
});
