import { expect, test } from "vitest";
import type { DueLanes } from "#webhooks/deliveries/index.ts";
import {
  beginRead,
  claimed,
  due,
  settings,
  unused,
  unusedStore,
  upTo,
  noStatistics,
} from "../../../test/support/build-lane.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { OwnedLanes } from "./lanes.ts";
import { Lease } from "./lease.ts";
import type { LaneStore } from "./store.ts";

const ids = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Returns the lanes of an engine whose claims all succeed. */
function newOwnedLanes({ store = {}, chance = () => 0 }: { store?: Partial<LaneStore>; chance?: () => number }) {
  const clock = new HandDrivenClock();
  const needs = {
    store: {
      ...unusedStore,
      findDueLanes: async () => ({ free: [], own: 0, ownDue: [], owned: 0, engines: 1 }),
      claim: async (_engineId: string, endpointIds: readonly number[]) =>
        endpointIds.map((endpointId) => ({ ...claimed, endpointId })),
      readSettings: async (endpointIds: readonly number[]) =>
        endpointIds.map((endpointId) => ({ ...settings, endpointId })),
      ...store,
    },
    statistics: noStatistics,
    sender: { resolve: () => undefined, send: unused },
    clock,
    wallMs: () => clock.monotonicMs(),
    log: { attempt: unused, notMade: unused, warn: () => undefined },
    chance,
    newId: () => "engine",
    inFlightMax: 8,
    leaseMs: 60_000,
    disableAfterMs: 0,
  };
  return { lanes: new OwnedLanes(needs, new Lease(needs, "engine")), clock };
}

test("lanes that are claimed together are tried in random order", async () => {
  const chances = [0, 0.5, 0.9, 0.1];
  const { lanes } = newOwnedLanes({ chance: () => chances.shift() ?? 0 });
  lanes.hintDue([1, 2, 3]);
  expect((await lanes.claim()).map(({ endpointId }) => endpointId)).toEqual([3, 1, 2]);
});

test("the lanes of ten thousand endpoints are claimed some at a time, and none twice", async () => {
  let polls = 0;
  const findDueLanes = async (): Promise<DueLanes> => {
    polls += 1;
    return { free: ids(10_000), own: 0, ownDue: [], owned: 0, engines: 1 };
  };
  const { lanes } = newOwnedLanes({ store: { findDueLanes } });
  const claims: number[] = [];
  do {
    lanes.hintDue([]); // asks for a poll
    claims.push((await lanes.claim()).length);
  } while (lanes.hasUnclaimed);
  expect(claims).toEqual(Array.from({ length: 20 }, () => 500));
  expect(lanes.size).toBe(10_000);
  expect(polls).toBe(1);
});

/** Returns lanes, and the endpoints of each claim and each read of settings. */
function newObservedLanes(store: Partial<LaneStore> = {}) {
  const claims: (readonly number[])[] = [];
  const reads: (readonly number[])[] = [];
  const claim: LaneStore["claim"] = async (_engineId, endpointIds) => {
    claims.push(endpointIds);
    return endpointIds.map((endpointId) => ({ ...claimed, endpointId }));
  };
  const readSettings: LaneStore["readSettings"] = async (endpointIds) => {
    reads.push(endpointIds);
    return endpointIds.map((endpointId) => ({ ...settings, endpointId }));
  };
  return { ...newOwnedLanes({ store: { claim, readSettings, ...store } }), claims, reads };
}

test("free lanes are polled once per second, and at once after a hint without endpoints", async () => {
  let polls = 0;
  const { lanes, clock } = newObservedLanes({
    findDueLanes: async () => {
      polls += 1;
      return { free: [], own: 0, ownDue: [], owned: 0, engines: 1 };
    },
  });
  const pollsAt = async (ms: number): Promise<number> => {
    await clock.advance(ms - clock.monotonicMs());
    await lanes.claim();
    return polls;
  };
  expect([await pollsAt(0), await pollsAt(999), await pollsAt(1000)]).toEqual([1, 1, 2]);
  lanes.hintDue([]);
  expect(await pollsAt(1001)).toBe(3);
});

test("a hint claims a lane once, neither a lane that this engine owns nor one that it leaves to others", async () => {
  const { lanes, claims } = newObservedLanes({
    findDueLanes: async () => ({ free: [3], own: 2, ownDue: [], owned: 2, engines: 2 }),
  });
  await lanes.claim(); // leaves 3 to others
  for (const _ of [1, 2]) {
    lanes.hintDue([1, 3]);
    await lanes.claim();
    await lanes.claim();
  }
  expect(claims).toEqual([[1]]);
});

test.for([
  ["of the endpoint", [1]],
  ["of any endpoint", []],
] as const)(
  "settings are read again after a hint %s until a read succeeds, and a lane whose endpoint is gone ends",
  async ([, hinted]) => {
    let found: (typeof settings)[] | undefined = [settings];
    const { lanes, reads } = newObservedLanes({
      readSettings: async (endpointIds) => {
        reads.push(endpointIds);
        if (!found) throw new Error("the connection was lost");
        return found;
      },
    });
    lanes.hintDue([1]);
    const [lane] = await lanes.claim();
    await lanes.refreshSettings();
    expect([reads.length, lane?.mayBeReleased(0, 2000)]).toEqual([1, false]);
    found = undefined;
    lanes.hintChanged(hinted);
    await expect(lanes.refreshSettings()).rejects.toThrow("the connection was lost");
    found = [];
    await lanes.refreshSettings();
    await lanes.refreshSettings();
    expect([reads.length, lane?.mayBeReleased(0, 2000)]).toEqual([3, true]);
  },
);

test("an idle lane is kept for ten minutes, or until there are too many: then those that were idle longest are released", async () => {
  const released: number[] = [];
  const { lanes, clock } = newObservedLanes({
    release: async (_engineId, given) => void released.push(...given.map(({ endpointId }) => endpointId)),
  });
  const claimAt = async (ms: number, endpointIds: readonly number[]): Promise<void> => {
    await clock.advance(ms - clock.monotonicMs());
    lanes.hintDue(endpointIds);
    for (const lane of await lanes.claim()) {
      lane.polls.begin(ms, ms + 1000);
      lane.polled();
    }
  };
  const releasedAt = async (ms: number): Promise<readonly number[]> => {
    await clock.advance(ms - clock.monotonicMs());
    await lanes.releaseIdle(ms);
    return released.splice(0);
  };
  await claimAt(0, [1]);
  await claimAt(1000, [2, 3]);
  expect(await releasedAt(599_999)).toEqual([]);
  expect(await releasedAt(600_000)).toEqual([1]);
  expect(await releasedAt(601_000)).toEqual([2, 3]);

  await claimAt(602_000, [9]);
  await claimAt(
    603_000,
    ids(1000).map((id) => id + 10),
  );
  await claimAt(604_000, [7]);
  expect(await releasedAt(604_000)).toEqual([9]);
  expect(await releasedAt(604_999)).toEqual([]); // one too many, none of which has been idle for two seconds
  expect((await releasedAt(605_000)).length).toBe(1);
  lanes.find(7)?.switchOff();
  expect(await releasedAt(605_000)).toEqual([7]); // there is room for the idle ones then
});

test("an idle lane is read again only if a delivery of it is due, although no hint has announced it", async () => {
  let ownDue: number[] = [];
  const { lanes, clock } = newObservedLanes({
    findDueLanes: async () => ({ free: [], own: 0, ownDue, owned: 0, engines: 1 }),
  });
  lanes.hintDue([1, 2]);
  for (const lane of await lanes.claim()) {
    lane.endRead([], beginRead(lane, 0), upTo("20"));
    lane.polls.begin(0, 1000);
    lane.polled();
  }
  const dueAt = async (ms: number): Promise<readonly number[]> => {
    await clock.advance(ms - clock.monotonicMs());
    await lanes.claim();
    return lanes.all().flatMap(({ endpointId, polls }) => (polls.isDue(ms) ? [endpointId] : []));
  };
  expect(await dueAt(500_000)).toEqual([]);
  ownDue = [2];
  expect(await dueAt(500_999)).toEqual([]);
  expect(await dueAt(501_000)).toEqual([2]);
  expect(lanes.find(2)?.beginRead(501_000)?.after.dueAt).toBe("-infinity"); // its endpoint may have been off
});

test("a lane whose endpoint has changed starts nothing until settings are there whose read began after the last change", async () => {
  let whileReading: () => void = () => undefined;
  const { lanes } = newObservedLanes({
    readSettings: async () => {
      whileReading();
      return [settings];
    },
  });
  whileReading = () => lanes.hintChanged([1]);
  lanes.hintDue([1]);
  const [lane] = await lanes.claim();
  lane?.endRead([due("a", "10")], beginRead(lane, 0), upTo("20"));
  const mayStart: (boolean | undefined)[] = [lane?.mayStart(0)];
  const refresh = async (): Promise<void> => {
    const refreshed = await lanes.refreshSettings();
    expect(refreshed).toEqual([lane]);
    mayStart.push(lane?.mayStart(0));
  };
  await refresh();
  whileReading = () => undefined;
  await refresh();
  for (const changed of [[], [2], [1]]) {
    lanes.hintChanged(changed);
    mayStart.push(lane?.mayStart(0));
  }
  expect(mayStart).toEqual([false, false, true, true, true, false]);
});

test("settings whose time has passed are read again, and those that were read apply", async () => {
  let url = "https://receiver.test/before";
  const { lanes } = newObservedLanes({ readSettings: async () => [{ ...settings, url }] });
  lanes.hintDue([1]);
  const [lane] = await lanes.claim();
  if (!lane) throw new Error("The lane is claimed.");
  url = "https://receiver.test/after";
  expect(await lanes.refreshSettings()).toEqual([]);
  lanes.markOutdated(lane);
  expect(await lanes.refreshSettings()).toEqual([lane]);
  expect(lane.settings.url).toBe(url);
});

test("of suspected lanes, those stay that the database records under their epoch, and all are verified once", async () => {
  const verified: Set<number>[] = [];
  const { lanes } = newObservedLanes({
    verifyOwnership: async (_engineId, held) => {
      verified.push(new Set(held.map(({ endpointId }) => endpointId)));
      return [1];
    },
  });
  lanes.hintDue([1, 2, 3]);
  const claimedLanes = await lanes.claim();
  for (const lane of claimedLanes) if (lane.endpointId < 3) lanes.suspect(lane);
  await lanes.verifyOwnership();
  await lanes.verifyOwnership();
  expect(verified).toEqual([new Set([1, 2])]);
  expect([1, 2, 3].map((id) => lanes.find(id) !== undefined)).toEqual([true, false, true]);
});

test("a lane that is released for others to claim is not claimed at a hint, unlike one that has nothing to do", async () => {
  const { lanes, clock } = newObservedLanes({ release: async () => undefined });
  lanes.hintDue([1, 2]);
  for (const lane of await lanes.claim()) {
    lane.isLeaving = lane.endpointId === 1;
    if (!lane.isLeaving) lane.switchOff();
  }
  await lanes.releaseIdle(clock.monotonicMs());
  expect(lanes.size).toBe(0);
  lanes.hintDue([1, 2]);
  expect((await lanes.claim()).map(({ endpointId }) => endpointId)).toEqual([2]);
});

test("an engine that has lost its lease sends nothing of its lanes, and claims at once what is free then", async () => {
  let free: number[] = [];
  const { lanes, claims } = newObservedLanes({
    findDueLanes: async () => ({ free, own: 0, ownDue: [], owned: 0, engines: 1 }),
  });
  lanes.hintDue([1, 2]);
  const [lane, doubtful] = await lanes.claim();
  if (!lane || !doubtful) throw new Error("The lanes are claimed.");
  lane.endRead([due("a", "10")], beginRead(lane, 0), upTo("20"));
  lanes.reclaim(doubtful);
  free = [lane.endpointId];
  lanes.dropAll();
  expect([lane.mayStart(0), lanes.size]).toEqual([false, 0]);
  await lanes.claim();
  expect(claims.at(-1)).toEqual([lane.endpointId]);
});

test("a lane that was claimed again stays although outcomes of the former one are given up", async () => {
  const { lanes } = newObservedLanes();
  lanes.hintDue([1]);
  const [former] = await lanes.claim();
  if (!former) throw new Error("The lane is claimed.");
  lanes.reclaim(former);
  expect(lanes.find(1)).toBeUndefined();
  lanes.hintDue([1]);
  const [latter] = await lanes.claim();
  lanes.reclaim(former);
  expect(lanes.find(1)).toBe(latter);
});

test("a lane that the database records under another epoch is claimed with the next poll, and not again once released", async () => {
  const { lanes, clock, claims } = newObservedLanes({
    verifyOwnership: async () => [],
    release: async () => undefined,
  });
  lanes.hintDue([1]);
  const [lane] = await lanes.claim();
  if (!lane) throw new Error("The lane is claimed.");
  lanes.suspect(lane);
  await lanes.verifyOwnership();
  expect(lanes.find(1)).toBeUndefined();
  for (let poll = 0; poll < 3; poll += 1) {
    await clock.advance(1000);
    await lanes.claim();
    await lanes.releaseAll();
  }
  expect(claims).toEqual([[1], [1]]);
});

test("attempts under former owners are looked for in all transactions that began before the claim was committed", async () => {
  let nextToStart = 5n;
  const claim = async () => ((nextToStart = 9n), [claimed]);
  const sampleTransactions = async () => ({ at: "-infinity", oldestRunning: nextToStart, nextToStart });
  const { lanes } = newOwnedLanes({ store: { claim, sampleTransactions, readSettings: async () => [settings] } });
  lanes.hintDue([1]);
  const [lane] = await lanes.claim();
  expect(lane?.claim.formerThrough).toBe(8);
});

/** Fails the first call. */
function failingFirst<Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) {
  let calls = 0;
  return (...args: Args): Promise<Answer> => {
    calls += 1;
    return calls === 1 ? Promise.reject(new Error("the connection was lost")) : call(...args);
  };
}

test.each<[string, Partial<LaneStore>]>([
  ["claim", { claim: failingFirst(async () => [claimed]) }],
  ["read of the settings after a claim", { readSettings: failingFirst(async () => [settings]) }],
  ["release", { release: failingFirst(async () => undefined) }],
])(
  "after a failed %s, the lane is claimed with the next poll: the database may record it as this engine's",
  async (_, store) => {
    const { lanes, clock } = newOwnedLanes({ store });
    lanes.hintDue([1]);
    await expect(lanes.claim().then(() => lanes.releaseAll())).rejects.toThrow("the connection was lost");
    expect(lanes.find(1)).toBeUndefined();
    await clock.advance(1000);
    await lanes.claim();
    expect(lanes.find(1)).toBeDefined();
  },
);

test.each([
  ["is forgotten, if another engine owns it or it is deleted", [], 2],
  ["is claimed with each poll, while the database records it as this engine's", [1], 5],
] as const)("a lane of a failed claim that a later one does not get %s", async (_, recorded, claimsExpected) => {
  let claims = 0;
  const { lanes, clock } = newOwnedLanes({
    store: {
      claim: async () => {
        claims += 1;
        if (claims === 1) throw new Error("the connection was lost");
        return [];
      },
      readSettings: async () => [],
      findRecorded: async () => recorded,
    },
  });
  lanes.hintDue([1]);
  await expect(lanes.claim()).rejects.toThrow("the connection was lost");
  for (let poll = 0; poll < 4; poll += 1) {
    await clock.advance(1000);
    await lanes.claim();
  }
  expect(claims).toBe(claimsExpected);
});

test("a lane that is claimed again counts the requests that are still open under its former owner", async () => {
  const { lanes } = newOwnedLanes({});
  const claimOne = async () => {
    lanes.hintDue([1]);
    const [lane] = await lanes.claim();
    if (!lane) throw new Error("The lane is claimed.");
    return lane;
  };
  const former = await claimOne();
  former.inFlight = 2;
  lanes.dropAll();
  const latter = await claimOne();
  expect(latter.openRequests).toBe(2);
  former.inFlight = 0;
  expect(latter.openRequests).toBe(0);
});

test("an endpoint that cannot be decrypted is left to others for a minute, or until it or all endpoints change", async () => {
  const released: number[] = [];
  let hasKey = false;
  const { lanes, clock, claims } = newObservedLanes({
    readSettings: async (endpointIds) =>
      endpointIds.map((endpointId) => (hasKey ? settings : { endpointId, undecryptable: "its key is missing" })),
    release: async (_engineId, given) => void released.push(...given.map(({ endpointId }) => endpointId)),
  });
  const claimsAfter = async (change: () => void): Promise<number> => {
    change();
    lanes.hintDue([1]);
    await lanes.claim();
    return claims.filter((endpointIds) => endpointIds.includes(1)).length;
  };
  expect(await claimsAfter(() => undefined)).toBe(1);
  expect([lanes.size, lanes.undecryptable, released]).toEqual([0, 1, [1]]);
  expect(await claimsAfter(() => lanes.hintChanged([2]))).toBe(1);
  await clock.advance(59_999);
  expect(await claimsAfter(() => undefined)).toBe(1);
  await clock.advance(1);
  expect(await claimsAfter(() => undefined)).toBe(2);
  expect(await claimsAfter(() => lanes.hintChanged([1]))).toBe(3);
  expect(await claimsAfter(() => lanes.hintChanged([]))).toBe(4);
  await clock.advance(60_000);
  expect([await claimsAfter(() => void (hasKey = true)), lanes.undecryptable]).toEqual([5, 0]);
  hasKey = false;
  lanes.hintChanged([1]);
  const [lane] = await lanes.refreshSettings();
  expect([lane?.mayBeReleased(0, 0), lanes.undecryptable]).toEqual([true, 1]);
});
