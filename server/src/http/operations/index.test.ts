import Fastify from "fastify";
import { Counter, Registry } from "prom-client";
import { expect, test } from "vitest";
import { Caches, type Database } from "#platform/database/database.ts";
import type { DatabaseSwitches } from "#platform/database/failover.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { until } from "../../../test/support/until.ts";
import { operationsPlugin } from "./index.ts";

const machine = new HandDrivenClock();
const answering: Database = { caches: new Caches(), query: async () => [] };
const silent: Database = {
  caches: new Caches(),
  query: () => Promise.reject(new Error("connect ECONNREFUSED 10.0.0.1:5432")),
};

const refusing: Database = {
  caches: new Caches(),
  query: () => Promise.reject(Object.assign(new Error('relation "migrations" does not exist'), { code: "42P01" })),
};

const none: DatabaseSwitches = { count: 0, at: null, timeline: null, heldAt: null, heldFrom: null, stateAt: null };
const usual = {
  machine,
  pool: answering,
  isMigrated: true,
  daysReady: 15,
  now: machine.now(),
  switches: none,
  isStopping: false,
  isStarting: false,
};

async function serve(state: Partial<typeof usual>) {
  const { pool, isMigrated, daysReady, now, switches, isStopping, isStarting, ...rest } = { ...usual, ...state };
  const http = Fastify();
  const metrics = new Registry();
  new Counter({ name: "webhook_attempts_total", help: "Attempts made.", registers: [metrics] }).inc(3);
  await http.register(
    operationsPlugin({
      ...rest,
      pool,
      metrics,
      isMigrated: async () => isMigrated,
      isStopping: () => isStopping,
      isStarting: () => isStarting,
      readHistoryDays: async () => ({ now, daysReady }),
      readDatabaseSwitches: async () => switches,
    }),
  );
  return http;
}

test("/healthz returns 200 even if the database does not respond", async () => {
  await using http = await serve({ pool: silent });
  expect((await http.inject("/healthz")).statusCode).toBe(200);
});

test("/readyz returns 200 if the database responds and has every migration", async () => {
  await using http = await serve({});
  expect((await http.inject("/readyz")).statusCode).toBe(200);
});

test.each([
  ["without its database", { pool: silent }, "the database does not respond"],
  [
    "without rights on its tables",
    { pool: refusing },
    "the database refuses to be read: tables, or rights on them, are missing",
  ],
  ["without the tables of today's history", { daysReady: 0 }, "today's history partitions are missing"],
  ["before the migrations", { isMigrated: false }, "the database needs migrations"],
  ["while it is stopping", { isStopping: true }, "the process is stopping"],
  ["before it accepts requests", { isStarting: true }, "the process is starting"],
])(
  "%s a process is not ready, and the reason does not contain the database's address",
  async (_when, state, because) => {
    await using http = await serve(state);
    const answer = await http.inject("/readyz");
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ status: "not ready", because });
  },
);

test("/readyz responds within two seconds if the database does not", async () => {
  const frozen: Database = { caches: new Caches(), query: () => new Promise(() => undefined) };
  const clock = new HandDrivenClock();
  await using http = await serve({ pool: frozen, machine: clock });
  const answer = http.inject("/readyz");
  await until(() => clock.sleeping === 1);
  await clock.advance(2000);
  expect((await answer).json()).toEqual({ status: "not ready", because: "the database does not respond" });
});

test.each([
  ["without the tables of tomorrow's history", { daysReady: 1 }, "tomorrow's history partitions are missing"],
  [
    "whose clock is an hour ahead",
    { now: new Date(machine.now().getTime() - 3_600_000) },
    "this machine's clock is 3600 s ahead of the database's",
  ],
  [
    "whose database was switched an hour ago",
    { switches: { ...none, count: 1, at: new Date(machine.now().getTime() - 3_600_000), timeline: 2 } },
    "the database resumed from an earlier state at 2026-02-03T03:05:06.789Z (timeline 2): changes may be lost",
  ],
  [
    "whose deliveries are held after a restore",
    { switches: { ...none, count: 1, heldAt: new Date(machine.now().getTime() - 3_600_000) } },
    "deliveries, mails and jobs are held after a restore since 2026-02-03T03:05:06.789Z: bellwire resume --after-restore --plan shows them",
  ],
])("a process %s is ready with a warning", async (_when, state, warning) => {
  await using http = await serve(state);
  const answer = await http.inject("/readyz");
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: "ok", warnings: [warning] }]);
});

test("/metrics returns the counters of the process as text", async () => {
  await using http = await serve({});
  const answer = await http.inject("/metrics");
  expect(answer.headers["content-type"]).toContain("text/plain");
  expect(answer.body).toContain("webhook_attempts_total 3");
});
