import { expect, test } from "vitest";
import type { DueDelivery } from "#webhooks/deliveries/index.ts";
import { beginRead, due, newQuickLane, poll, upTo } from "../../../test/support/build-lane.ts";
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

test("rows behind an attempt that takes long are dropped if others wait for their memory", () => {
  const lane = newOrderedLane();
  const heldAt = [1000, 1001].map((nowMs) => {
    lane.dropUnsentAfter(1000, nowMs);
    return lane.rows.held;
  });
  expect(heldAt).toEqual([4, 1]);
});

test("the end of an attempt whose delivery has left its order lets no other one start", () => {
  const lane = newOrderedLane();
  poll(lane, 1000, [ofKey(2, "15")]);
  lane.shift(1000);
  lane.endRuns(
    lane.beginRuns(1000, 100),
    [3, 4].map((sequence) => ofKey(sequence, "infinity")),
    1000,
  );
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 1000);
  const during = lane.shift(1000);
  lane.rows.ended({ eventId: "2", orderingKey: "account/1" }, true, 1000);
  expect([during, lane.shift(1000)?.eventId]).toEqual([undefined, "3"]);
});

test("a delivery behind others in memory that leaves the order is sent once, and they keep their sequence", () => {
  const lane = newOrderedLane();
  poll(lane, 1000, [{ ...ofKey(3, "15"), orderingKey: null }]);
  expect(lane.shift(1000)?.eventId).toBe("3");
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 1000);
  lane.endRuns(
    lane.beginRuns(1000, 100),
    [2, 4].map((sequence) => ofKey(sequence, "infinity")),
    1000,
  );
  expect([lane.shift(1000), lane.shift(1000)].map((row) => row?.eventId)).toEqual(["2", undefined]);
});

test("rows behind others in memory are read again after a replayed delivery of their key", () => {
  const lane = newOrderedLane();
  poll(lane, 1000, [ofKey(0, "5")]);
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 1000);
  const replayed = lane.shift(1000);
  lane.rows.ended({ eventId: "0", orderingKey: "account/1" }, true, 1000);
  expect([replayed?.eventId, lane.shift(1000), lane.rows.needsRuns]).toEqual(["0", undefined, true]);
});

test("a row that leaves its order while it is read behind the head of its key is sent once", () => {
  const lane = newQuickLane();
  poll(lane, 0, [ofKey(1, "10")]);
  lane.shift(0);
  const runs = lane.beginRuns(0, 100);
  poll(lane, 1000, [{ ...ofKey(2, "15"), orderingKey: null }]);
  lane.endRuns(runs, [ofKey(2, "infinity"), ofKey(3, "infinity")], 1000);
  const row = lane.shift(1000);
  if (row) lane.rows.releaseSiblings(row);
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 1000);
  expect([row, lane.shift(1000)].map((next) => next?.eventId)).toEqual(["2", undefined]);
});

test.for([
  [0, "40"],
  [1, "20"],
] as const)(
  "a row behind others that is due after %i attempts of its own lets the next read begin at %s",
  ([attemptsMade, dueAt]) => {
    const lane = newOrderedLane();
    lane.endRead([{ ...ofKey(2, "30"), attemptsMade }], beginRead(lane, 1000), upTo("40"));
    expect(beginRead(lane, 2000).after.dueAt).toBe(dueAt);
  },
);

test("rows are dropped for others only if none has come or been sent for some time", () => {
  const lane = newQuickLane();
  lane.endRead([due("a", "10"), due("b", "11"), due("c", "12")], beginRead(lane, 5000), { horizon: "20", nowMs: 5000 });
  lane.dropUnsentAfter(1000, 6000);
  expect(lane.shift(6000)?.eventId).toBe("a");
  lane.dropUnsentAfter(1000, 7000);
  expect(lane.mayStart(7000)).toBe(true);
  lane.dropUnsentAfter(1000, 7001);
  expect(lane.mayStart(7001)).toBe(false);
});

test("several replayed deliveries of a key are sent in sequence, in whichever order they became due", () => {
  const lane = newQuickLane();
  poll(lane, 0, [ofKey(9, "10")]);
  const sent: (string | undefined)[] = [];
  const sendNext = (): void => {
    const row = lane.shift(1000);
    sent.push(row?.eventId);
    if (row) lane.rows.ended(row, true, 1000);
  };
  lane.shift(0);
  poll(lane, 1000, [ofKey(3, "5"), ofKey(1, "6"), ofKey(2, "7")]);
  lane.rows.ended({ eventId: "9", orderingKey: "account/1" }, true, 1000);
  for (let count = 0; count < 3; count += 1) sendNext();
  expect(sent).toEqual(["1", "2", "3"]);
});

test("an ordered delivery without an attempt is sent again, before those behind it", () => {
  const lane = newOrderedLane();
  lane.rows.releaseSiblings(ofKey(1, "10"));
  lane.putBack(ofKey(1, "10"), 1000, 0);
  poll(lane, 1000, [ofKey(1, "10")]);
  expect(lane.shift(1000)?.eventId).toBe("1");
});

test("rows behind others are not dropped in the first second", () => {
  const lane = newQuickLane();
  poll(lane, 0, [ofKey(1, "10")]);
  lane.endRuns(lane.beginRuns(0, 100), [{ ...ofKey(2, "infinity"), body: Buffer.from("next") }], 5000);
  lane.dropUnsentAfter(1000, 6000);
  expect(lane.rows.heldBytes).toBe(4);
  lane.dropUnsentAfter(1000, 6001);
  expect(lane.rows.heldBytes).toBe(0);
});

test("rows at the end of an ordering key that were read too long ago are read again", () => {
  const lane = newQuickLane();
  const sent: (string | undefined)[] = [];
  const sendNext = (nowMs: number): void => {
    const row = lane.shift(nowMs);
    sent.push(row?.eventId);
    if (row) lane.rows.ended(row, true, nowMs);
  };
  poll(lane, 0, [ofKey(1, "10")]);
  const runs = lane.beginRuns(0, 100);
  const rows = Array.from({ length: runs[0]?.limit ?? 0 }, (_, number) => ofKey(number + 2, "infinity"));
  lane.endRuns(runs, rows, 0);
  while (!lane.rows.needsRuns) sendNext(0);
  lane.endRuns(lane.beginRuns(0, 100), [], 0);
  expect(lane.rows.needsRuns).toBe(false);
  sendNext(1001);
  expect(lane.rows.needsRuns).toBe(true);
});

test("replayed deliveries of an ordering key wait for the one in flight and are sent in sequence", () => {
  const lane = newOrderedLane();
  poll(lane, 1000, [ofKey(0, "5"), ofKey(-1, "6")]);
  const inFlight = lane.shift(1000);
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 1000);
  expect([inFlight, lane.shift(1000), lane.shift(1000)].map((row) => row?.eventId)).toEqual([
    undefined,
    "-1",
    undefined,
  ]);
});

test("rows behind the head of an ordering key that were read more than a second ago are read again", () => {
  const lane = newOrderedLane();
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 1001);
  expect(lane.shift(1001)).toBe(undefined);
  const runs = lane.beginRuns(1001, 100);
  expect(runs).toMatchObject([{ afterSequence: 1, limit: 2 }]);
  lane.endRuns(
    runs,
    [3, 4].map((sequence) => ofKey(sequence, "infinity")),
    1001,
  );
  expect(lane.shift(1001)?.eventId).toBe("3");
  lane.rows.ended({ eventId: "3", orderingKey: "account/1" }, true, 2001);
  expect(lane.shift(2001)?.eventId).toBe("4");
});

test("rows behind the heads of all ordering keys share the memory of their lane", () => {
  const lane = newOrderedLane();
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 0);
  lane.shift(0); // two are left
  const rowsOf = (orderingKey: string): number | undefined => {
    poll(lane, 1000, [{ ...ofKey(9, "10"), eventId: orderingKey, orderingKey }]);
    lane.shift(1000);
    const [run] = lane.beginRuns(1000, 5);
    lane.cancelRuns();
    lane.dropWaiting();
    return run?.limit;
  };
  expect([rowsOf("account/2"), rowsOf("account/3")]).toEqual([3, 4]);
});

test("rows behind the head of an ordering key are read once, until they are used up", () => {
  const lane = newOrderedLane();
  const needsRuns = [lane.rows.needsRuns];
  for (const sent of ["1", "2", "3"]) {
    lane.rows.ended({ eventId: sent, orderingKey: "account/1" }, true, 0);
    lane.shift(0);
    needsRuns.push(lane.rows.needsRuns);
  }
  expect(needsRuns).toEqual([false, false, false, true]);
  const runs = lane.beginRuns(0, 100);
  expect(runs).toMatchObject([{ fromSequence: 1, afterSequence: 4 }]); // none of the first three is recorded
  lane.endRuns(runs, [], 0);
  lane.rows.ended({ eventId: "4", orderingKey: "account/1" }, true, 2000);
  expect(lane.rows.needsRuns).toBe(false);
});

test("reads behind the head of an ordering key double while half of one is used up quickly, and halve while slowly", () => {
  const lane = newQuickLane();
  poll(lane, 0, [ofKey(1, "10")]);
  lane.shift(0);
  let sent = 1;
  const reads = [0, 0, 0, 500, 1000].map((nowMs) => {
    for (; !lane.rows.needsRuns; sent += 1) {
      lane.rows.ended({ eventId: String(sent), orderingKey: "account/1" }, true, nowMs);
      lane.shift(nowMs);
    }
    const runs = lane.beginRuns(nowMs, 1000);
    const { afterSequence = 0, limit = 0 } = runs[0] ?? {};
    const rows = Array.from({ length: limit }, (_, index) => ofKey(afterSequence + 1 + index, "infinity"));
    lane.endRuns(runs, rows, nowMs);
    return [limit, sent];
  });
  expect(reads).toEqual([
    [4, 1],
    [8, 3],
    [16, 9],
    [8, 21],
    [4, 33],
  ]);
});

test("the end of an ordered delivery is recorded later only if the next one of its key is in memory", () => {
  const last = newQuickLane();
  poll(last, 0, [{ ...ofKey(1, "10"), isFollowed: false }]);
  last.shift(0);
  const mayRecordLater = [newOrderedLane(), last].map((lane) => {
    lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 0);
    return lane.rows.mayRecordLater("account/1");
  });
  expect(mayRecordLater).toEqual([true, false]);
});

test("after a failed read, only the keys that it concerned are read again", () => {
  const lane = newQuickLane();
  const heads = ["account/1", "account/2"].map((orderingKey, at) => ({ ...ofKey(at + 1, "10"), orderingKey }));
  poll(lane, 0, heads);
  lane.endRuns(lane.beginRuns(0, 100), [ofKey(3, "infinity")], 0);
  lane.shift(0);
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 0);
  lane.rows.ended({ eventId: "3", orderingKey: "account/1" }, false, 0); // is sent again before others of its key
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
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 0);
  expect(lane.shift(0)?.eventId).toBe("2");
  lane.rows.ended({ eventId: "2", orderingKey: "account/1" }, true, 0);
  expect(lane.shift(0)).toBe(undefined);
});

test("rows behind the head of an ordering key whose read ends after a pause are not sent", () => {
  const lane = newQuickLane();
  poll(lane, 0, [ofKey(1, "10")]);
  lane.shift(0);
  const runs = lane.beginRuns(0, 100);
  lane.dropWaiting();
  lane.endRuns(runs, [ofKey(2, "infinity")], 0);
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 0);
  expect(lane.shift(0)).toBe(undefined);
});

test("a lane that is off is released after its attempts in flight, whatever waits behind them", () => {
  const lane = newOrderedLane();
  poll(lane, 1000, [ofKey(0, "5")]); // a replay waits for the attempt in flight
  lane.switchOff();
  const inFlight = lane.mayBeReleased(1000, 2000);
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 1000);
  lane.rows.settled({ eventId: "1", orderingKey: "account/1" }, 1000);
  expect([inFlight, lane.mayBeReleased(1000, 2000)]).toEqual([false, true]);
});

test("a delivery of an ordering key that is dropped before its attempt is not passed by the next one", () => {
  const lane = newOrderedLane();
  lane.rows.ended({ eventId: "1", orderingKey: "account/1" }, true, 0); // starts the second, which waits for a slot
  lane.dropWaiting();
  lane.rows.settled({ eventId: "1", orderingKey: "account/1" }, 0);
  expect(lane.rows.needsRuns).toBe(false);
  poll(lane, 0, [{ ...ofKey(5, "11"), orderingKey: "account/2" }]); // those behind it are to be read
  const before = lane.rows.needsRuns;
  lane.dropWaiting();
  expect([before, lane.rows.needsRuns, lane.rows.isRunning("account/2")]).toEqual([true, false, false]);
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
