import { expect, test } from "vitest";
import type { LaneToRead } from "#webhooks/deliveries/index.ts";
import { due, upTo } from "../../../test/support/build-lane.ts";
import { LaneRows } from "./lane-rows.ts";

const beginRead = (rows: LaneRows) => rows.beginRead(10, 1000);

test("of two deliveries of one change, the second one waits until the first one is released", () => {
  const rows = new LaneRows(1);
  const [first, second] = [due("a", "10"), due("b", "10")];
  rows.endRead([first, second, due("c", "11")], beginRead(rows), upTo("20"));
  expect([rows.shift(), rows.shift(), rows.shift()].map((row) => row?.eventId)).toEqual(["a", "c", undefined]);
  rows.releaseSiblings(first);
  expect(rows.shift()).toBe(second);
});

test.for<readonly [string, (rows: LaneRows, read: LaneToRead) => void]>([
  ["fails", (rows) => rows.cancelRead()],
  [
    "ends after all rows were dropped",
    (rows, read) => {
      rows.drop();
      rows.endRead([due("a", "10")], read, upTo("20"));
    },
  ],
])("a row that came with a hint during a read that %s is sent only if another read finds it", ([, end]) => {
  const rows = new LaneRows(1);
  const read = beginRead(rows);
  expect(rows.takeHinted(due("a", "10"), 0)).toBe(true);
  end(rows, read);
  rows.endRead([], beginRead(rows), upTo("20")); // it was cancelled meanwhile
  expect(rows.shift()).toBeUndefined();
});
