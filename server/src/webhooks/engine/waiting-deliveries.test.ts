import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { DueDelivery } from "#webhooks/deliveries/index.ts";
import { due as dueAt } from "../../../test/support/build-lane.ts";
import { ChangeGroups, Fifo, WaitingDeliveries } from "./waiting-deliveries.ts";

const due = (eventId: string, attemptsMade: number, orderingKey: string | null = null): DueDelivery => ({
  ...dueAt(eventId, "2026-11-24 12:00:00"),
  attemptsMade,
  orderingKey,
});

const shiftAll = (waiting: WaitingDeliveries): string =>
  Array.from({ length: waiting.length }, () => waiting.shift()?.eventId).join(" ");

test("four first attempts are sent for each retry, even if the retries were due earlier", () => {
  const waiting = new WaitingDeliveries();
  waiting.push(["r1", "r2", "r3"].map((id) => due(id, 1)));
  waiting.push(["a", "b", "c", "d", "e", "f"].map((id) => due(id, 0)));
  expect(shiftAll(waiting)).toBe("a b c d r1 e f r2 r3");
});

test("a manual retry starts a new round and counts as a first attempt", () => {
  const waiting = new WaitingDeliveries();
  waiting.push([due("r", 7), { ...due("again", 6), roundStart: 6 }]);
  expect(shiftAll(waiting)).toBe("again r");
});

test("ordered deliveries are sent in due order, retries included", () => {
  const waiting = new WaitingDeliveries();
  waiting.push([due("r", 1, "account/1"), due("a", 0, "account/2")]);
  expect(shiftAll(waiting)).toBe("r a");
});

test("unshifted deliveries are sent first, and clearing returns and removes all others", () => {
  const waiting = new WaitingDeliveries();
  waiting.push([due("a", 0), due("r", 1)]);
  waiting.unshift([due("b", 0)]);
  expect(waiting.shift()?.eventId).toBe("b");
  expect(waiting.clear()).toHaveLength(2);
  expect(waiting.shift()).toBeUndefined();
});

const delivery = (eventId: string, accountId = 31): DueDelivery => {
  const row = dueAt(eventId, "2026-11-24T12:00:00.000Z");
  return { ...row, context: { ...row.context, accountId } };
};

test("each event of a change waits for the previous one", () => {
  const changes = new ChangeGroups();
  const [first, second, third] = [delivery("1"), delivery("2"), delivery("3")];
  expect([first, second, third].map((row) => changes.mayStart(row))).toEqual([true, false, false]);
  const behind = changes.done(first);
  expect(behind).toEqual([second, third]);
  expect(behind.map((row) => changes.mayStart(row))).toEqual([true, false]);
});

test("a simultaneous change of another account does not wait", () => {
  const changes = new ChangeGroups();
  expect(changes.mayStart(delivery("1"))).toBe(true);
  expect(changes.mayStart(delivery("2", 32))).toBe(true);
});

test("changes of one account that are sent at the same time end in any order", () => {
  const orders = [0, 1, 2].flatMap((one) =>
    [0, 1, 2].filter((other) => other !== one).map((other) => [one, other, 3 - one - other]),
  );
  for (const order of orders) {
    const changes = new ChangeGroups();
    const ofChange = (change: number, eventId: string): DueDelivery => {
      const row = delivery(`${eventId} of ${change}`);
      return { ...row, context: { ...row.context, time: `2026-11-24T12:00:0${change}.000Z` } };
    };
    for (const change of [0, 1, 2]) {
      expect(changes.mayStart(ofChange(change, "first"))).toBe(true);
      expect(changes.mayStart(ofChange(change, "second"))).toBe(false);
    }
    for (const change of order) {
      expect(changes.done(ofChange(change, "first"))).toEqual([ofChange(change, "second")]);
      expect(changes.mayStart(ofChange(change, "second"))).toBe(true);
      expect(changes.done(ofChange(change, "second"))).toEqual([]);
    }
    expect(order.map((change) => changes.mayStart(ofChange(change, "later")))).toEqual([true, true, true]);
  }
});

test("a waiting delivery is returned only once", () => {
  const changes = new ChangeGroups();
  const [first, second] = [delivery("1"), delivery("2")];
  changes.mayStart(first);
  changes.mayStart(second);
  expect(changes.clear()).toEqual([second]);
  expect(changes.done(first)).toEqual([]);
});

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
setFlagsFromString("--no-expose-gc"); // with other flags, V8 refuses the compiled code that is kept of modules

test("a FIFO keeps its order across pushes, unshifts and a clear", () => {
  const fifo = new Fifo<number>();
  const out: (number | undefined)[] = [];
  for (let number = 0; number < 100; number += 1) {
    fifo.push(number);
    if (number % 3 > 0) out.push(fifo.shift());
  }
  fifo.unshift([-2, -1]);
  out.push(fifo.shift(), fifo.shift(), ...fifo.clear());
  expect(out).toEqual([
    ...Array.from({ length: 66 }, (_, index) => index),
    -2,
    -1,
    ...Array.from({ length: 34 }, (_, index) => 66 + index),
  ]);
  expect([fifo.length, fifo.shift()]).toEqual([0, undefined]);
});

test("a FIFO does not keep removed items in memory while others wait", async () => {
  const fifo = new Fifo<object>();
  const removed = Array.from({ length: 30 }, () => {
    fifo.push({});
    fifo.push({});
    return new WeakRef(fifo.shift() ?? {});
  });
  await new Promise(setImmediate); // a WeakRef keeps its object until the turn is over
  collectGarbage();
  expect(removed.filter((ref) => ref.deref() !== undefined)).toEqual([]);
  expect(fifo.length).toBe(30);
});
