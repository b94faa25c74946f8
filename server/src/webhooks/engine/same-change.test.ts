import { expect, test } from "vitest";
import type { DueDelivery } from "#webhooks/deliveries/index.ts";
import { SameChange } from "./same-change.ts";

const delivery = (eventId: string, accountId = 31): DueDelivery => ({
  endpointId: 1,
  eventId,
  dueAt: "2026-11-24 12:00:00",
  orderingKey: null,
  attemptsMade: 0,
  roundStart: 0,
  replay: 0,
  format: "3scale",
  body: "",
  context: {
    type: "account.created",
    objectId: accountId,
    accountId,
    time: "2026-11-24T12:00:00.000Z",
    sequence: 1,
    actor: "developer:21",
    channel: "developer_portal",
  },
  endpointVersion: 1,
});

test("the second event of a change waits for the first, and the third for the second", () => {
  const changes = new SameChange();
  const [first, second, third] = [delivery("1"), delivery("2"), delivery("3")];
  expect([first, second, third].map((it) => changes.mayGo(it))).toEqual([true, false, false]);
  const behind = changes.done(first);
  expect(behind).toEqual([second, third]);
  expect(behind.map((it) => changes.mayGo(it))).toEqual([true, false]);
});

test("another change of the same moment, in another account, waits for nobody", () => {
  const changes = new SameChange();
  expect(changes.mayGo(delivery("1"))).toBe(true);
  expect(changes.mayGo(delivery("2", 32))).toBe(true);
});

test("what waited is given back once only", () => {
  const changes = new SameChange();
  const [first, second] = [delivery("1"), delivery("2")];
  changes.mayGo(first);
  changes.mayGo(second);
  expect(changes.clear()).toEqual([second]);
  expect(changes.done(first)).toEqual([]);
});
