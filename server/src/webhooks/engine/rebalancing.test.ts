import { expect, test } from "vitest";
import type { DueLanes } from "#webhooks/deliveries/index.ts";
import type { Lane } from "./lane.ts";
import { Rebalancing } from "./lanes.ts";
import { TurnQueue } from "./limits.ts";

type OneLane = Parameters<Rebalancing["poll"]>[0][number];

const ids = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Returns a lane that waits for a slot, with a quick receiver. */
const waitingLane = (more: Partial<OneLane> = {}): OneLane => ({
  isLeaving: false,
  isStalled: false,
  queue: new TurnQueue<Lane>(),
  pace: "quick",
  dropWaiting: () => undefined,
  ...more,
});

function newRebalancing() {
  const state: { due: Omit<DueLanes, "ownDue"> } = { due: { free: [], own: 0, owned: 0, engines: 1 } };
  return {
    state,
    rebalancing: new Rebalancing(
      () => Promise.resolve(state.due),
      () => 0,
    ),
  };
}

const leaving = (lanes: readonly OneLane[]): number => lanes.filter((lane) => lane.isLeaving).length;

test("a single engine claims all lanes and releases none", async () => {
  const { rebalancing, state } = newRebalancing();
  state.due = { free: ids(10), own: 90, owned: 90, engines: 1 };
  const lanes = ids(90).map(() => waitingLane());
  expect(await rebalancing.poll(lanes, 0)).toHaveLength(10);
  expect(leaving(lanes)).toBe(0);
});

test("with two engines each claims its share, and unclaimed lanes after two more seconds", async () => {
  const { rebalancing, state } = newRebalancing();
  state.due = { free: ids(10), own: 0, owned: 0, engines: 2 };
  expect(await rebalancing.poll([], 0)).toEqual([0, 1, 2, 3, 4]);
  expect([4, 5].map((id) => rebalancing.isLeft(id))).toEqual([false, true]);

  state.due = { free: [5, 6, 7], own: 5, owned: 7, engines: 2 };
  expect(await rebalancing.poll([], 1000)).toEqual([]);
  expect([7, 8].map((id) => rebalancing.isLeft(id))).toEqual([true, false]);
  expect(await rebalancing.poll([], 3000)).toEqual([5, 6, 7]);
});

test("lanes beyond an engine's share are claimed once the share allows it", async () => {
  const { rebalancing, state } = newRebalancing();
  state.due = { free: [3], own: 1, owned: 1, engines: 4 };
  expect(await rebalancing.poll([], 0)).toEqual([]);
  state.due = { free: [3], own: 0, owned: 3, engines: 4 };
  expect(await rebalancing.poll([], 1000)).toEqual([3]);
});

test("an engine releases lanes beyond its share, except idle and slow ones", async () => {
  const { rebalancing, state } = newRebalancing();
  state.due = { free: [], own: 100, owned: 100, engines: 2 };
  const [busy, idle, slow] = [ids(70), ids(20), ids(10)];
  const lanes = [
    ...idle.map(() => waitingLane({ queue: undefined })),
    ...slow.map(() => waitingLane({ pace: "slow" })),
    ...busy.map(() => waitingLane()),
  ];
  await rebalancing.poll(lanes, 0);
  expect(leaving(lanes)).toBe(50);
  expect(leaving(lanes.slice(0, 30))).toBe(0);
  await rebalancing.poll(lanes, 1000); // leaving lanes are counted
  expect(leaving(lanes)).toBe(50);
});

test("an engine releases only lanes that wait for a slot before and after the poll", async () => {
  const [started, queued, waiting] = [waitingLane(), waitingLane({ queue: undefined }), waitingLane()];
  const rebalancing = new Rebalancing(
    async () => {
      started.queue = undefined;
      queued.queue = new TurnQueue<Lane>();
      return { free: [], own: 10, owned: 10, engines: 2 };
    },
    () => 0,
  );
  await rebalancing.poll([started, queued, waiting], 0);
  expect([started, queued, waiting].map(({ isLeaving }) => isLeaving)).toEqual([false, false, true]);
});

test("an engine owns 20,000 lanes at most", async () => {
  const { rebalancing, state } = newRebalancing();
  state.due = { free: ids(3), own: 0, owned: 0, engines: 1 };
  const claims = [19_998, 20_000, 20_001].map(async (count) => {
    const lanes = Array.from({ length: count }, () => waitingLane());
    return (await rebalancing.poll(lanes, 0)).length;
  });
  expect(await Promise.all(claims)).toEqual([2, 0, 0]);
});

test("a leaving lane whose receiver hangs is kept", async () => {
  const { rebalancing, state } = newRebalancing();
  state.due = { free: [], own: 10, owned: 20, engines: 2 };
  const lane = waitingLane({ isLeaving: true, isStalled: true });
  await rebalancing.poll([lane], 0);
  expect(lane.isLeaving).toBe(false);
});

test("an engine keeps an excess of up to an eighth, but not two of two lanes", async () => {
  const { rebalancing, state } = newRebalancing();
  const lanes = ids(56).map(() => waitingLane());
  state.due = { free: [], own: 56, owned: 100, engines: 2 };
  await rebalancing.poll(lanes, 0);
  expect(leaving(lanes)).toBe(0);

  state.due = { free: [], own: 2, owned: 2, engines: 2 };
  await rebalancing.poll(lanes, 0);
  expect(leaving(lanes)).toBe(1);
});

test("a released lane that no engine claims is claimed again, and further releases pause for 20 s", async () => {
  const { rebalancing, state } = newRebalancing();
  rebalancing.leave(1, 0);
  state.due = { free: [1], own: 0, owned: 1, engines: 2 };
  expect(await rebalancing.poll([], 1000)).toEqual([]);
  expect(await rebalancing.poll([], 3000)).toEqual([1]);

  const lanes = ids(2).map(() => waitingLane());
  state.due = { free: [], own: 2, owned: 2, engines: 2 };
  await rebalancing.poll(lanes, 4000);
  expect(leaving(lanes)).toBe(0);
  await rebalancing.poll(lanes, 24_000);
  expect(leaving(lanes)).toBe(1);
});

test("a lane that another engine has claimed is no longer left to others, but one that was just released is", async () => {
  const { rebalancing } = newRebalancing();
  rebalancing.leave(1, 5000);
  await rebalancing.poll([], 5000); // sent before the release
  expect(rebalancing.isLeft(1)).toBe(true);
  await rebalancing.poll([], 5001);
  expect(rebalancing.isLeft(1)).toBe(false);
});

test("a released lane is left to others for three seconds from its release, and afterwards once", async () => {
  const { rebalancing, state } = newRebalancing();
  rebalancing.leave(1, 5000);
  state.due = { free: [1], own: 0, owned: 1, engines: 2 };
  expect(await rebalancing.poll([], 7999)).toEqual([]);
  expect(await rebalancing.poll([], 8000)).toEqual([1]);
  expect(rebalancing.isLeft(1)).toBe(false);
});

test("an engine that has claimed its share releases lanes as soon as it has too many", async () => {
  const { rebalancing, state } = newRebalancing();
  state.due = { free: [1], own: 0, owned: 0, engines: 1 };
  expect(await rebalancing.poll([], 0)).toEqual([1]);
  state.due = { free: [], own: 2, owned: 2, engines: 2 };
  const lanes = ids(2).map(() => waitingLane());
  await rebalancing.poll(lanes, 1000);
  expect(leaving(lanes)).toBe(1);
});

test("a lane that is to be released drops its rows, and none is chosen twice", async () => {
  const { rebalancing, state } = newRebalancing();
  const dropped: string[] = [];
  const lane = (name: string, isLeaving = false): OneLane =>
    waitingLane({ isLeaving, dropWaiting: () => void dropped.push(name) });
  const lanes = [lane("first", true), lane("second"), lane("third")];
  state.due = { free: [], own: 4, owned: 4, engines: 2 };
  await rebalancing.poll(lanes, 0);
  expect([lanes.map(({ isLeaving }) => isLeaving), dropped]).toEqual([[true, true, false], ["second"]]);
});
