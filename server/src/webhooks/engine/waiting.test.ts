import { expect, test } from "vitest";
import type { DueDelivery } from "#webhooks/deliveries/index.ts";
import { Waiting } from "./waiting.ts";

const due = (eventId: string, attemptsMade: number, orderingKey: string | null = null): DueDelivery => ({
  endpointId: 1,
  eventId,
  dueAt: "2026-11-24 12:00:00",
  orderingKey,
  attemptsMade,
  roundStart: 0,
  replay: 0,
  format: "json",
  body: "",
  context: {
    type: "account.created",
    objectId: 1,
    accountId: 1,
    time: "2026-11-24T12:00:00.000Z",
    sequence: 1,
    actor: "system",
    channel: "bellwire_api",
  },
  endpointVersion: 1,
});

const shiftAll = (waiting: Waiting): string =>
  Array.from({ length: waiting.length }, () => waiting.shift()?.eventId).join(" ");

test("four first attempts go for each retry, though the retries were due before", () => {
  const waiting = new Waiting();
  waiting.push(["r1", "r2", "r3"].map((id) => due(id, 1)));
  waiting.push(["a", "b", "c", "d", "e", "f"].map((id) => due(id, 0)));
  expect(shiftAll(waiting)).toBe("a b c d r1 e f r2 r3");
});

test("one that is sent again by hand begins a new round, and is no retry", () => {
  const waiting = new Waiting();
  waiting.push([due("r", 7), { ...due("again", 6), roundStart: 6 }]);
  expect(shiftAll(waiting)).toBe("again r");
});

test("where an order is asked, retries go as they come", () => {
  const waiting = new Waiting();
  waiting.push([due("r", 1, "account/1"), due("a", 0, "account/2")]);
  expect(shiftAll(waiting)).toBe("r a");
});

test("what is put first goes first, and nothing is left when it was emptied", () => {
  const waiting = new Waiting();
  waiting.push([due("a", 0), due("r", 1)]);
  waiting.putFirst([due("b", 0)]);
  expect(waiting.shift()?.eventId).toBe("b");
  expect(waiting.clear()).toHaveLength(2);
  expect(waiting.shift()).toBeUndefined();
});
