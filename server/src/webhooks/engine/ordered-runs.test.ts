import { expect, test } from "vitest";
import type { DueDelivery } from "#webhooks/deliveries/index.ts";
import { beginRead, due, newQuickLane, poll } from "../../../test/support/build-lane.ts";
import type { Lane } from "./lane.ts";

const ofKey = (sequence: number, dueAt: string): DueDelivery => {
  const row = due(String(sequence), dueAt);
  const context = { ...row.context, time: String(sequence), sequence };
  return { ...row, context, orderingKey: "account/1", isFollowed: true };
};

/** A lane with the first delivery of an ordering key in flight, and three behind it in memory. */
function newOrderedLane(): Lane {
  const lane = newQuickLane();
  poll(lane, 0, [ofKey(1, "10")]);
  lane.endRuns(
    lane.beginRuns(0, 100),
    [2, 3, 4].map((sequence) => ofKey(sequence, "infinity")),
    0,
  );
  lane.shift(0);
  return lane;
}

test("a delivery whose predecessor leaves the order during its attempt does not wait for the end of that attempt", () => {
  const lane = newOrderedLane();
  const before = lane.shift(1000);
  poll(lane, 1000, [ofKey(2, "15")]);
  expect([before, lane.shift(1000)?.eventId]).toEqual([undefined, "2"]);
});

test("a delivery behind others in memory that leaves the order is sent once, and they keep their sequence", () => {
  const lane = newOrderedLane();
  poll(lane, 1000, [{ ...ofKey(3, "15"), orderingKey: null }]);
  expect(lane.shift(1000)?.eventId).toBe("3");
  lane.ended({ eventId: "1", orderingKey: "account/1" }, true, 1000);
  lane.endRuns(
    lane.beginRuns(1000, 100),
    [2, 4].map((sequence) => ofKey(sequence, "infinity")),
    1000,
  );
  expect([lane.shift(1000), lane.shift(1000)].map((row) => row?.eventId)).toEqual(["2", undefined]);
});

test("rows behind the head of an ordering key are read once, until they are used up", () => {
  const lane = newOrderedLane();
  const needsRuns = [lane.needsRuns];
  for (const sent of ["1", "2", "3"]) {
    lane.ended({ eventId: sent, orderingKey: "account/1" }, true, 0);
    lane.shift(0);
    needsRuns.push(lane.needsRuns);
  }
  expect(needsRuns).toEqual([false, false, false, true]);
  lane.endRuns(lane.beginRuns(0, 100), [], 0);
  expect(lane.needsRuns).toBe(false);
});

test("after a failed read, only the keys that it concerned are read again", () => {
  const lane = newQuickLane();
  const heads = ["account/1", "account/2"].map((orderingKey, at) => ({ ...ofKey(at + 1, "10"), orderingKey }));
  poll(lane, 0, heads);
  lane.endRuns(lane.beginRuns(0, 100), [ofKey(3, "infinity")], 0);
  lane.shift(0);
  lane.ended({ eventId: "1", orderingKey: "account/1" }, true, 0);
  lane.ended({ eventId: "3", orderingKey: "account/1" }, false, 0); // is sent again before others of its key
  poll(lane, 1000, [{ ...ofKey(5, "11"), orderingKey: "account/3" }]);
  const begin = () => lane.beginRuns(0, 100).map(({ orderingKey }) => orderingKey);
  const keys = [begin()];
  lane.cancelRuns();
  keys.push(begin());
  expect(keys).toEqual([["account/3"], ["account/3"]]);
});

test("a delivery behind others that waits for its own retry ends the run", () => {
  const lane = newQuickLane();
  poll(lane, 0, [ofKey(1, "10")]);
  lane.shift(0);
  lane.endRuns(lane.beginRuns(0, 100), [ofKey(2, "infinity"), ofKey(3, "99"), ofKey(4, "infinity")], 0);
  lane.ended({ eventId: "1", orderingKey: "account/1" }, true, 0);
  expect(lane.shift(0)?.eventId).toBe("2");
  lane.ended({ eventId: "2", orderingKey: "account/1" }, true, 0);
  expect(lane.shift(0)).toBe(undefined);
});

test("rows behind the head of an ordering key whose read ends after a pause are not sent", () => {
  const lane = newQuickLane();
  poll(lane, 0, [ofKey(1, "10")]);
  lane.shift(0);
  const runs = lane.beginRuns(0, 100);
  lane.dropWaiting();
  lane.endRuns(runs, [ofKey(2, "infinity")], 0);
  lane.ended({ eventId: "1", orderingKey: "account/1" }, true, 0);
  expect(lane.shift(0)).toBe(undefined);
});

test("a lane that is off is released after its attempts in flight, whatever waits behind them", () => {
  const lane = newOrderedLane();
  poll(lane, 1000, [ofKey(0, "5")]); // a replay waits for the attempt in flight
  lane.switchOff();
  const inFlight = lane.mayBeReleased(1000, 2000);
  lane.ended({ eventId: "1", orderingKey: "account/1" }, true, 1000);
  lane.settled({ eventId: "1", orderingKey: "account/1" }, 1000);
  expect([inFlight, lane.mayBeReleased(1000, 2000)]).toEqual([false, true]);
});

test("a delivery of an ordering key that is dropped before its attempt is not passed by the next one", () => {
  const lane = newOrderedLane();
  lane.ended({ eventId: "1", orderingKey: "account/1" }, true, 0); // starts the second, which waits for a slot
  lane.dropWaiting();
  lane.settled({ eventId: "1", orderingKey: "account/1" }, 0);
  expect(lane.needsRuns).toBe(false);
});

test("rows in memory behind the head of an ordering key make no read larger", () => {
  expect(beginRead(newOrderedLane(), 1000).limit).toBe(beginRead(newQuickLane(), 1000).limit);
});

test("a row hinted during a read of rows behind the head of an ordering key is sent after that read", () => {
  const lane = newQuickLane();
  poll(lane, 0, [ofKey(1, "10")]);
  lane.shift(0);
  const runs = lane.beginRuns(0, 100);
  expect(lane.takeHinted(due("a", "30"), 1, 2)).toBe(true);
  lane.endRuns(runs, [], 2);
  expect(lane.shift(2)?.eventId).toBe("a");
});
