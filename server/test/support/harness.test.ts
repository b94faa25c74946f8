import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { until } from "./until.ts";
import { test } from "./test.ts";

const insertBin = "insert into audit_records (provider_id, actor_kind, action, subject) values (1, 'system', 'x', $1)";

test("the changes of a test in its transaction are rolled back", async ({ tx, sharedPool }) => {
  await tx.query(insertBin, ["tx"]);
  expect(await tx.query("select from audit_records")).toHaveLength(1);
  expect(await sharedPool.query("select from audit_records")).toHaveLength(0);
});

test.for([1, 2])("a test that commits does not see rows of another test (%i)", async (_, { database }) => {
  expect(await database.query("select from audit_records")).toHaveLength(0);
  await database.inTransaction((tx) => tx.query(insertBin, [randomUUID()]));
  expect(await database.query("select from audit_records")).toHaveLength(1);
});

test("tests use a role that owns no tables, as the product does", async ({ database }) => {
  await expect(database.query("drop table audit_records")).rejects.toThrow("must be owner");
});

test("a sleep of the hand-driven clock ends exactly when the clock reaches its time", async ({ clock }) => {
  const woken: number[] = [];
  for (const ms of [300, 100]) void clock.sleep(ms).then(() => woken.push(ms));

  await clock.advance(99);
  expect(woken).toEqual([]);
  await clock.advance(201);
  expect(woken).toEqual([100, 300]);
});

test("an aborted sleep ends immediately", async ({ clock }) => {
  const abort = new AbortController();
  const sleep = clock.sleep(1000, abort.signal);
  abort.abort();
  await sleep;
  expect(clock.monotonicMs()).toBe(0);
  expect(clock.sleeping).toBe(0);
});

test("a wait for a condition that never becomes true fails and names the condition", async () => {
  await expect(until(() => false, { withinMs: 20 })).rejects.toThrow("() => false");
});
