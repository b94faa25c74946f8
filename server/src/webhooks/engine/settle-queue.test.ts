import { expect, test } from "vitest";
import type { Settlement } from "#webhooks/deliveries/index.ts";
import { aSuccess } from "../../../test/support/build-webhooks.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { type SettleResult, SettleQueue } from "./settle-queue.ts";

function openQueue(recorded: (batch: readonly Settlement[]) => number = (batch) => batch.length) {
  const clock = new HandDrivenClock();
  const batches: number[] = [];
  const engineIds: string[] = [];
  const warnings: string[] = [];
  const results: SettleResult[] = [];
  const queue = new SettleQueue({
    clock,
    log: {
      attempt: () => undefined,
      notMade: () => undefined,
      warn: (_fields, message) => void warnings.push(message),
    },
    store: {
      settle: async (engineId: string, batch: readonly Settlement[]) => {
        batches.push(batch.length);
        engineIds.push(engineId);
        return { recorded: recorded(batch), transactions: undefined, lastTransaction: 0, promoted: [] };
      },
    },
  });
  const add = (count: number, mayWait = false, engineId = "one"): void => {
    for (let number = 0; number < count; number += 1)
      queue.add({
        engineId,
        settlement: aSuccess({ endpointId: 1, epoch: 1, eventId: String(number) }),
        mayWait,
        onSettled: (result) => results.push(result),
      });
  };
  return { clock, batches, engineIds, warnings, results, queue, add };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("outcomes of one turn of the event loop form one batch without delay", async () => {
  const { clock, batches, add } = openQueue();
  add(20);
  await nextTurn();
  await clock.advance(10);
  add(1);
  await nextTurn();
  expect(batches).toEqual([20, 1]);
});

test("batches start at least 10 ms apart", async () => {
  const { clock, batches, add } = openQueue();
  add(1);
  await nextTurn();
  for (let ms = 0; ms < 9; ms += 3) {
    add(1);
    await clock.advance(3);
  }
  expect(batches).toEqual([1]);
  await clock.advance(1);
  expect(batches).toEqual([1, 3]);
});

test("a full batch does not wait for the 10 ms", async () => {
  const { batches, add } = openQueue();
  add(1);
  await nextTurn();
  add(1000);
  await nextTurn();
  expect(batches).toEqual([1, 1000]);
});

test("after a batch of more than 20 outcomes the next batch collects for 20 ms", async () => {
  const { clock, batches, add } = openQueue();
  add(21);
  await nextTurn();
  add(1);
  await nextTurn();
  add(1);
  await clock.advance(19);
  expect(batches).toEqual([21]);
  await clock.advance(1);
  expect(batches).toEqual([21, 2]);
});

test("outcomes that may wait collect for up to 100 ms, or until one arrives that may not", async () => {
  const { clock, batches, add } = openQueue();
  add(21, true);
  await nextTurn();
  for (let ms = 0; ms < 100; ms += 20) {
    expect(batches).toEqual([21]);
    add(1, true);
    await clock.advance(20);
  }
  expect(batches).toEqual([21, 5]);
  await clock.advance(10);
  add(21, true);
  await nextTurn();
  add(1, true);
  await clock.advance(20);
  add(1);
  await clock.advance(20);
  expect(batches).toEqual([21, 5, 21, 2]);
});

test("a thousand outcomes are recorded without waiting for more", async () => {
  const { clock, batches, add } = openQueue();
  add(21, true);
  await nextTurn();
  add(1001, true);
  await clock.advance(20);
  expect(batches).toEqual([21, 1000]);
});

test("outcomes under a former id of the engine are recorded under that id", async () => {
  const { clock, batches, engineIds, add } = openQueue();
  for (const engineId of ["one", "two", "one"]) add(1, false, engineId);
  await nextTurn();
  await clock.advance(10);
  expect([batches, engineIds]).toEqual([
    [2, 1],
    ["one", "two"],
  ]);
});

test("a partly refused batch is reported as partly recorded to all its deliveries", async () => {
  const { results, add } = openQueue((batch) => batch.length - 1);
  add(2);
  await nextTurn();
  expect(results).toEqual(["partly", "partly"]);
});

test("outcomes that cannot be recorded in 30 tries are dropped with an unknown result", async () => {
  const { clock, batches, warnings, results, add } = openQueue(() => {
    throw new Error("the database is away");
  });
  add(1);
  for (let seconds = 0; seconds < 31; seconds += 1) await clock.advance(1000);
  expect([batches.length, warnings.length]).toEqual([30, 30]);
  expect(results).toEqual(["unknown"]);
});
