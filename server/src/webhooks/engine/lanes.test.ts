import { expect, test } from "vitest";
import type { DueLanes } from "#webhooks/deliveries/index.ts";
import { Rebalancing } from "./lanes.ts";

type OneLane = Parameters<Rebalancing["look"]>[0][number];

const ids = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** One that waits for a place, and whose receiver answers quickly. */
const busyLane = (more: Partial<OneLane> = {}): OneLane => ({
  isLeaving: false,
  isStalled: false,
  queue: [],
  pace: "quick",
  dropWaiting: () => undefined,
  ...more,
});

function newShare() {
  const found: { due: DueLanes } = { due: { free: [], own: 0, owned: 0, engines: 1 } };
  return {
    found,
    share: new Rebalancing(
      () => Promise.resolve(found.due),
      () => 0,
    ),
  };
}

const leaving = (lanes: readonly OneLane[]): number => lanes.filter((lane) => lane.isLeaving).length;

test("an engine alone takes all, and gives nothing back", async () => {
  const { share, found } = newShare();
  found.due = { free: ids(10), own: 90, owned: 90, engines: 1 };
  const lanes = ids(90).map(() => busyLane());
  expect(await share.look(lanes, 0)).toHaveLength(10);
  expect(leaving(lanes)).toBe(0);
});

test("beside another it takes its share, and the rest once nobody has taken that", async () => {
  const { share, found } = newShare();
  found.due = { free: ids(10), own: 0, owned: 0, engines: 2 };
  expect(await share.look([], 0)).toEqual([0, 1, 2, 3, 4]);
  expect([4, 5].map((id) => share.isLeft(id))).toEqual([false, true]);

  found.due = { free: [5, 6, 7], own: 5, owned: 7, engines: 2 };
  expect(await share.look([], 1000)).toEqual([]);
  expect([7, 8].map((id) => share.isLeft(id))).toEqual([true, false]);
  expect(await share.look([], 3000)).toEqual([5, 6, 7]);
});

test("what it had no room for it takes as soon as it has some", async () => {
  const { share, found } = newShare();
  found.due = { free: [3], own: 1, owned: 1, engines: 4 };
  expect(await share.look([], 0)).toEqual([]);
  found.due = { free: [3], own: 0, owned: 3, engines: 4 };
  expect(await share.look([], 1000)).toEqual([3]);
});

test("what it has beyond its share goes back, but nothing that is idle or slow to answer", async () => {
  const { share, found } = newShare();
  found.due = { free: [], own: 100, owned: 100, engines: 2 };
  const [busy, idle, slow] = [ids(70), ids(20), ids(10)];
  const lanes = [
    ...idle.map(() => busyLane({ queue: undefined })),
    ...slow.map(() => busyLane({ pace: "slow" })),
    ...busy.map(() => busyLane()),
  ];
  await share.look(lanes, 0);
  expect(leaving(lanes)).toBe(50);
  expect(leaving(lanes.slice(0, 30))).toBe(0);
  await share.look(lanes, 1000); // what is leaving counts as gone
  expect(leaving(lanes)).toBe(50);
});

test("a lane that leaves and whose receiver hangs meanwhile goes on here", async () => {
  const { share, found } = newShare();
  found.due = { free: [], own: 10, owned: 20, engines: 2 };
  const lane = busyLane({ isLeaving: true, isStalled: true });
  await share.look([lane], 0);
  expect(lane.isLeaving).toBe(false);
});

test("an eighth too many is near enough, and one of two lanes is not", async () => {
  const { share, found } = newShare();
  const lanes = ids(56).map(() => busyLane());
  found.due = { free: [], own: 56, owned: 100, engines: 2 };
  await share.look(lanes, 0);
  expect(leaving(lanes)).toBe(0);

  found.due = { free: [], own: 2, owned: 2, engines: 2 };
  await share.look(lanes, 0);
  expect(leaving(lanes)).toBe(1);
});

test("what was given and nobody has taken is taken back, and nothing more given for a while", async () => {
  const { share, found } = newShare();
  share.leave(1, 0);
  found.due = { free: [1], own: 1, owned: 1, engines: 2 };
  expect(await share.look([], 1000)).toEqual([]);
  expect(await share.look([], 3000)).toEqual([1]);

  const lanes = ids(2).map(() => busyLane());
  found.due = { free: [], own: 2, owned: 2, engines: 2 };
  await share.look(lanes, 4000);
  expect(leaving(lanes)).toBe(0);
  await share.look(lanes, 24_000);
  expect(leaving(lanes)).toBe(1);
});
