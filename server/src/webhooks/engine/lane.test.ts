import { expect, test } from "vitest";
import type { AttemptOutcome, DueDelivery, LaneToRead } from "#webhooks/deliveries/index.ts";
import {
  answered,
  beginRead,
  busy,
  claimed,
  due,
  newLane,
  newQuickLane,
  poll,
  settings,
  upTo,
} from "../../../test/support/build-lane.ts";
import { Lane } from "./lane.ts";
import { ReceiverHosts } from "./receiver-host.ts";

test("a read that ends after its lane was paused skips no delivery", () => {
  const lane = newQuickLane();
  lane.endRead([due("a", "10"), due("b", "11")], beginRead(lane, 0), upTo("20"));
  const read = beginRead(lane, 0);
  lane.learn(busy, 0, 1);

  expect(lane.endRead([due("c", "30")], read, upTo("40"))).toBe(0);
  expect(beginRead(lane, 5000).after.dueAt).toBe("-infinity");
});

test("a retry that is due before its settlement is confirmed is read again afterwards", () => {
  const lane = newLane();
  lane.endRead([due("a", "10")], beginRead(lane, 0), upTo("20"));
  lane.shift(0);
  const { after } = beginRead(lane, 0);
  lane.endRead([due("a", "30")], { endpointId: 1, after, limit: 10, bytes: 1e6, bytesAgain: 0 }, upTo("40"));
  expect(beginRead(lane, 0).after.dueAt < "30").toBe(true);
});

test("a lane whose settings changed during a read is read again immediately", () => {
  const lane = newLane();
  const read = beginRead(lane, 0);
  lane.polls.begin(0, 1000);
  lane.change({ ...settings, version: 2 }, 0);
  lane.endRead([due("a", "10")], read, upTo("20"));
  expect(lane.polls.isImmediate).toBe(true);
});

test("rows behind the head of an ordering key are read only if there are any", () => {
  const needsRuns = (isFollowed: boolean): boolean => {
    const lane = newLane();
    lane.endRead([{ ...due("a", "10"), orderingKey: "account/1", isFollowed }], beginRead(lane, 0), upTo("20"));
    return lane.rows.needsRuns;
  };
  expect([true, false].map(needsRuns)).toEqual([true, false]);
});

test("a read of a paused endpoint does not count as the end of its due rows", () => {
  const lane = newLane();
  lane.endRead([], beginRead(lane, 0), upTo("20"));
  lane.change({ ...settings, version: 2 }, 0);
  expect(beginRead(lane, 0).after.dueAt).toBe("-infinity");
});

test("a lane reads no more rows than its memory share and reads again once half of them are sent", () => {
  const lane = newLane();
  const quick: AttemptOutcome = { kind: "answered", status: 200, headers: {}, body: Buffer.alloc(0), latencyMs: 1 };
  for (let answer = 0; answer < 8; answer += 1) lane.learn(quick, 0);
  expect(lane.beginRead(0)?.limit).toBeGreaterThan(4);
  lane.cancelRead();
  const read = lane.beginRead(0, 4);
  expect(read?.limit).toBe(4);
  if (!read) return;
  lane.endRead(
    ["a", "b", "c", "d"].map((id) => due(id, "10")),
    read,
    upTo("20"),
  );
  expect(lane.needsRows).toBe(false);
  for (let sent = 0; sent < 2; sent += 1) lane.shift(0);
  expect(lane.needsRows).toBe(true);
  expect(lane.beginRead(0, 4)?.limit).toBe(4); // unsettled rows are behind the cursor and cause no read
});

test("a lane reads fewer rows ahead of large bodies, and never none", () => {
  const lane = newQuickLane();
  for (let answer = 0; answer < 100; answer += 1) lane.learn(answered, 0);
  const limits = [0, 1000, 100_000, 100_000_000, 0, 0].map((size, at) => {
    const read = beginRead(lane, 0);
    lane.endRead([{ ...due(`row ${at}`, `1${at}`), body: Buffer.alloc(size) }], read, upTo("20"));
    lane.shift(0);
    lane.rows.settled({ eventId: `row ${at}`, orderingKey: null }, 0);
    lane.polls.pollNow();
    return read.limit;
  });
  expect(limits).toEqual([80, 80, 80, 8, 1, 1]);
});

test("a read has room for unsettled rows that it finds again and for their bodies", () => {
  const lane = newQuickLane();
  for (let answer = 0; answer < 100; answer += 1) lane.learn(answered, 0);
  const rows = [1, 2].map((number) => ({ ...due(`row ${number}`, "20"), body: Buffer.alloc(100_000 + number) }));
  lane.endRead(rows, beginRead(lane, 0), upTo("10"));
  for (const _row of rows) lane.shift(0);
  lane.polls.pollNow();
  expect(beginRead(lane, 0)).toMatchObject({ limit: 7 + 2, bytes: 700_011 + 200_003 });
});

test("of large bodies, fewer rows are read behind the heads of ordering keys", () => {
  const limitsFor = (size: number): readonly number[] => {
    const lane = newQuickLane();
    const heads = Array.from({ length: 100 }, (_, at) => ({
      ...due(`row ${at}`, "10"),
      orderingKey: `account/${at}`,
      isFollowed: true,
      body: Buffer.alloc(size),
    }));
    lane.endRead(heads, beginRead(lane, 0), upTo("20"));
    return lane.beginRuns(0, 1000).map(({ limit }) => limit);
  };
  expect(limitsFor(1000)).toEqual(Array(100).fill(4));
  expect(limitsFor(60_000)).toEqual(Array(100).fill(1));
  expect(limitsFor(1_000_000)).toEqual(Array(10).fill(1)); // the other keys are left to the next read
});

test("rows that the cursor may not pass yet are read again, with a limit that leaves space for later rows", () => {
  const lane = newQuickLane();
  lane.endRead([due("a", "10"), due("b", "30")], beginRead(lane, 0), upTo("20"));
  const { after, limit } = beginRead(lane, 0);
  expect(after.dueAt).toBe("20");
  expect(limit).toBe(20 + 1);
});

test("a lane without quick responses is not read again while a row waits", () => {
  const [unknown, quick] = [newLane(), newQuickLane()];
  for (const lane of [unknown, quick]) lane.endRead([due("a", "10"), due("b", "11")], beginRead(lane, 0), upTo("20"));
  const reads = [unknown, quick].map((lane) => lane.beginRead(0) !== undefined);
  for (let sent = 0; sent < 2; sent += 1) unknown.shift(0);

  expect(reads).toEqual([false, true]);
  expect(unknown.beginRead(0)).toBeDefined();
});

const timedOut = { kind: "timed-out", afterSeconds: 5, phase: "answer", latencyMs: 5000 } as const;

test("a lane keeps its pace when it is claimed again", () => {
  const hosts = new ReceiverHosts<Lane>(8);
  const paces = [answered, timedOut].map((outcome, at) => {
    const claim = { ...claimed, endpointId: at };
    const lane = new Lane(claim, settings, hosts, 0);
    lane.learn(outcome, 0);
    lane.leaveHost();
    return new Lane(claim, settings, hosts, 0).pace;
  });

  expect(paces).toEqual(["quick", "slow"]);
});

test("a lane's pace belongs to the receiver's URL", () => {
  const lane = newLane();
  lane.learn(timedOut, 0);
  const before = lane.pace;
  lane.change({ ...settings, url: "https://elsewhere.test/" }, 0);
  const elsewhere = lane.pace;
  lane.change(settings, 0);

  expect([before, elsewhere, lane.pace]).toEqual(["slow", "unknown", "slow"]);
});

test("a lane is slow after three consecutive attempts without a response", () => {
  const paceAfter = (unanswered: number): string =>
    new Lane({ ...claimed, unanswered }, settings, new ReceiverHosts<Lane>(8), 0).pace;

  expect([2, 3].map(paceAfter)).toEqual(["unknown", "slow"]);
});

test("the window size is not remembered, since a delivery may have crashed the engine", () => {
  const hosts = new ReceiverHosts<Lane>(8);
  const lane = new Lane(claimed, settings, hosts, 0);
  for (let answer = 0; answer < 8; answer += 1) lane.learn(answered, 0);
  lane.leaveHost();

  expect([lane.window.size, new Lane(claimed, settings, hosts, 0).window.size]).toEqual([8, 1]);
});

test("a lane is idle since rows came or an attempt began, and is not released while a hint or a retry is due", () => {
  const lane = newLane();
  poll(lane, 0);
  expect([1999, 2000].map((atMs) => lane.mayBeReleased(atMs, 2000))).toEqual([false, true]);
  lane.polls.pollNow();
  const read = beginRead(lane, 3000);
  lane.polls.begin(3000, 4000);
  lane.endRead([due("a", "10")], read, { horizon: "20", nowMs: 3000 });
  expect(lane.mayBeReleased(9000, 2000)).toBe(false);
  lane.shift(4000);
  lane.rows.settled({ eventId: "a", orderingKey: null }, 5000);
  lane.polls.pollBy(6500);
  lane.polled();
  expect([5999, 6499, 6500].map((atMs) => lane.mayBeReleased(atMs, 2000))).toEqual([false, true, false]);
  lane.polls.begin(6500, 7500);
  lane.polled();
  expect(lane.mayBeReleased(6500, 2000)).toBe(true);
  lane.polls.pollNow(); // a hint
  expect(lane.mayBeReleased(6500, 2000)).toBe(false);
});

test("a lane with rows in memory is polled every second, and one without any rests until a hint or a retry", () => {
  const lane = newLane();
  poll(lane, 0, [due("a", "10")]);
  expect([999, 1000].map((atMs) => lane.polls.isDue(atMs))).toEqual([false, true]);
  for (const atMs of [2000, 300, 900]) lane.polls.pollBy(atMs);
  expect([299, 300].map((atMs) => lane.polls.isDue(atMs))).toEqual([false, true]);
  lane.shift(0);
  lane.rows.settled({ eventId: "a", orderingKey: null }, 500);
  poll(lane, 1000);
  expect([lane.polls.isResting, lane.polls.isDue(1e9)]).toEqual([true, false]);
  lane.polls.pollBy(60_000);
  expect([59_999, 60_000].map((atMs) => lane.polls.isDue(atMs))).toEqual([false, true]);
  poll(lane, 60_000);
  expect(lane.polls.isDue(1e9)).toBe(false);
});

test("first attempts are sent before retries, four to one", () => {
  const lane = newLane();
  const retry = (eventId: string): DueDelivery => ({ ...due(eventId, "10"), attemptsMade: 1 });
  const rows = ["a", "b", "c", "d", "e"]
    .map((id) => retry(`retry ${id}`))
    .concat(["a", "b", "c", "d", "e"].map((id) => due(`first ${id}`, "11")));
  // Different changes, so that no row waits for another.
  const apart = rows.map((row, number) => ({ ...row, context: { ...row.context, accountId: number } }));
  lane.endRead(apart, beginRead(lane, 0), upTo("20"));
  const sent = Array.from({ length: 6 }, () => lane.shift(0)?.eventId);
  expect(sent).toEqual(["first a", "first b", "first c", "first d", "retry a", "first e"]);
});

const refused = { kind: "unreachable", code: "ECONNREFUSED", reason: "refused", latencyMs: 1 } as const;

test("a lane whose last attempt failed quickly counts as failing until there is a response", () => {
  const lane = newLane();
  lane.learn(refused, 10);
  const failing = lane.pace;
  lane.learn(answered, 20);
  expect([failing, lane.pace]).toEqual(["failing", "quick"]);
});

test("a lane counts as failing after three consecutive responses that were cut off", () => {
  const lane = newLane();
  const paces = [1, 2, 3].map(() => {
    lane.learn({ ...answered, isCut: true }, 0);
    return lane.pace;
  });
  lane.learn(answered, 0);
  expect([...paces, lane.pace]).toEqual(["quick", "quick", "failing", "quick"]);
});

/** A lane that was claimed at 0 and read to its end. */
function newReadLane(): Lane {
  const lane = newQuickLane();
  const read = beginRead(lane, 0);
  lane.polls.begin(0, 1000);
  lane.endRead([], read, upTo("20"));
  lane.polled();
  return lane;
}

test("a row delivered with its hint is sent without a read", () => {
  const lane = newReadLane();
  expect(lane.takeHinted(due("a", "30"), 1, 2)).toBe(true);
  expect(lane.shift(2)?.eventId).toBe("a");
});

test.each<readonly [string, (lane: Lane) => void, Partial<DueDelivery>, number]>([
  ["committed before the lane was claimed", () => undefined, {}, 0],
  ["committed more than a second ago", () => undefined, {}, 999],
  ["recorded with other settings", () => undefined, { endpointVersion: 2 }, 1999],
  ["of an endpoint that is off", (lane) => lane.switchOff(), {}, 1999],
  ["of a receiver that sent Retry-After", (lane) => lane.learn(busy, 1999, 5), {}, 1999],
  ["behind unread rows", (lane) => lane.polls.pollNow(), {}, 1999],
  ["that was already read", (lane) => lane.endRead([due("a", "30")], readAgain(lane), upTo("40")), {}, 1999],
])("a hinted row %s is not taken", (_condition, prepare, row, committingAtMs) => {
  const lane = newReadLane();
  prepare(lane);
  expect(lane.takeHinted({ ...due("a", "30"), ...row }, committingAtMs, 2000)).toBe(false);
});

test.each([{ state: "paused" }, { state: "disabled" }, { active: false }] as const)(
  "a lane that is claimed when its endpoint becomes %j takes no hinted row, and is released",
  (off) => {
    const lane = new Lane(claimed, { ...settings, ...off, version: 2 }, new ReceiverHosts<Lane>(8), 0);
    const read = lane.beginRead(0);
    if (read) {
      lane.polls.begin(0, 1000);
      lane.endRead([], read, upTo("20"));
    }
    const isTaken = lane.takeHinted({ ...due("a", "30"), endpointVersion: 2 }, 1, 2);
    expect([isTaken, lane.mayBeReleased(2, 2000)]).toEqual([false, true]);
  },
);

/** Begins a poll, after a hint without rows. */
function readAgain(lane: Lane): LaneToRead {
  lane.polls.pollNow();
  const read = beginRead(lane, 1999);
  lane.polls.begin(1999, 3000);
  return read;
}

test("a row hinted during a read is sent once, behind the rows of that read", () => {
  const lane = newReadLane();
  const read = readAgain(lane);
  expect(lane.takeHinted(due("b", "31"), 1999, 2000)).toBe(true);
  expect(lane.takeHinted(due("c", "32"), 1999, 2000)).toBe(true);
  expect(lane.endRead([due("a", "30"), due("b", "31")], read, upTo("40"))).toBe(3);
  lane.learn(answered, 0);
  expect([lane.shift(0), lane.shift(0), lane.shift(0), lane.shift(0)].map((row) => row?.eventId)).toEqual([
    "a",
    "b",
    "c",
    undefined,
  ]);
});

test("rows hinted during a read of a full batch are left to a later read", () => {
  const lane = newReadLane();
  const read = readAgain(lane);
  lane.takeHinted(due("z", "90"), 1999, 2000);
  const backlog = Array.from({ length: read.limit }, (_, number) => due(`${number}`, `3${number}`));
  expect(lane.endRead(backlog, read, upTo("40"))).toBe(read.limit);
});

test("a row hinted during a failed read causes an immediate read", () => {
  const lane = newReadLane();
  readAgain(lane);
  lane.takeHinted(due("a", "30"), 1999, 2000);
  lane.cancelRead();
  expect(lane.polls.isImmediate).toBe(true);
});

test("a row that was settled before its hint arrives is not sent again", () => {
  const lane = newReadLane();
  lane.endRead([due("a", "30")], readAgain(lane), upTo("40"));
  lane.rows.settled({ eventId: lane.shift(1999)?.eventId ?? "", orderingKey: null }, 1999);
  lane.rows.settled({ eventId: "b", orderingKey: null }, 2999);
  lane.rows.settled({ eventId: "c", orderingKey: null }, 3001);
  expect(["a", "b", "c"].map((id) => lane.takeHinted(due(id, "30"), 2998, 3002))).toEqual([false, false, false]);
});

test("a lane remembers settled rows for at most two seconds", () => {
  const lane = newReadLane();
  ["a", "b", "c"].forEach((id, at) => lane.rows.settled({ eventId: id, orderingKey: null }, at * 1001));
  expect(["a", "b", "c"].map((id) => lane.takeHinted(due(id, "30"), 2002, 2003))).toEqual([true, false, false]);
  lane.rows.forgetSettled(4002);
  expect(lane.takeHinted(due("c", "30"), 4002, 4002)).toBe(false);
  lane.rows.forgetSettled(4003);
  expect(lane.takeHinted(due("c", "30"), 4003, 4003)).toBe(true);
});

test("a lane that receives hinted rows is not idle, and needs no poll for them", () => {
  const mayBeReleased = (isHinted: boolean): boolean => {
    const lane = newReadLane();
    for (let nowMs = 1000; nowMs <= 4000; nowMs += 1000) {
      if (isHinted && lane.takeHinted(due(String(nowMs), String(nowMs)), nowMs, nowMs))
        lane.rows.settled({ eventId: lane.shift(nowMs)?.eventId ?? "", orderingKey: null }, nowMs);
    }
    return lane.mayBeReleased(4500, 2000);
  };
  expect([true, false].map(mayBeReleased)).toEqual([false, true]);
});

test("a rate limit that is set, changed or removed applies to the lane from then on", () => {
  const lane = newQuickLane();
  poll(
    lane,
    0,
    [1, 2, 3].map((number) => ({ ...due(String(number), `1${number}`), orderingKey: `account/${number}` })),
  );
  const change = (maxPerSecond: number | null, nowMs: number): void =>
    lane.change({ ...settings, maxPerSecond }, nowMs);
  const sentAt: number[] = [];
  const sendAt = (nowMs: number): void => {
    if (lane.mayStart(nowMs) && lane.shift(nowMs)) sentAt.push(nowMs);
  };
  change(1, 0); // attempts of the last second were not counted
  for (const nowMs of [0, 999, 1000, 1500]) sendAt(nowMs);
  change(2, 1500);
  for (const nowMs of [1500, 1749, 1750]) sendAt(nowMs);
  change(null, 1750);
  sendAt(1750);
  expect(sentAt).toEqual([1000, 1750, 1750]);
});

test("a lane states why it sends nothing while deliveries wait", () => {
  const holdOf = (change: Partial<typeof settings>, prepare: (lane: Lane) => void = () => undefined) => {
    const lane = newQuickLane();
    lane.change({ ...settings, ...change }, 0);
    poll(lane, 0, [due("a", "10"), { ...due("b", "11"), orderingKey: "account/1" }]);
    prepare(lane);
    return lane.state(500).hold;
  };
  expect(holdOf({})).toBe(null);
  expect(holdOf({}, (lane) => lane.learn(busy, 0, 1))).toBe("retry_after");
  expect(holdOf({}, (lane) => Array.from({ length: 50 }, (_, nowMs) => lane.learn(refused, 10 + nowMs)))).toBe(
    "breaker",
  );
  expect(holdOf({ maxPerSecond: 1 })).toBe("rate_limit"); // a new limit begins after a second
  expect(holdOf({ maxInFlight: 1 })).toBe(null);
  expect(holdOf({ maxInFlight: 1 }, (lane) => (lane.inFlight += 1))).toBe("concurrency");
  expect(
    holdOf({ maxInFlight: 1 }, (lane) => {
      lane.inFlight += 1;
      lane.dropWaiting();
    }),
  ).toBe(null);
});

test("a lane is rate limited while its bucket is empty", () => {
  const lane = newQuickLane();
  lane.change({ ...settings, maxPerSecond: 1 }, 0);
  poll(lane, 1000, [due("a", "10"), { ...due("b", "11"), orderingKey: "account/1" }]);
  const holds = [lane.state(1000).hold];
  lane.mayStart(1000);
  lane.shift(1000);
  holds.push(lane.state(1999).hold, lane.state(2000).hold);
  expect(holds).toEqual([null, "rate_limit", null]);
});

test("a delivery without an attempt is read and sent again", () => {
  const lane = newQuickLane();
  poll(lane, 0, [due("a", "10")]);
  const delivery = lane.shift(0);
  if (!delivery) throw new Error("The lane has a delivery.");
  lane.putBack(delivery, 0, 0);
  lane.rows.releaseSiblings(delivery);
  poll(lane, 0, [due("a", "10")]);
  expect(lane.shift(0)?.eventId).toBe("a");
});

test("a lane is not released while a delivery is unsettled or a read is open, although it is paused", () => {
  const reading = newQuickLane();
  const read = beginRead(reading, 0);
  const sending = newQuickLane();
  poll(sending, 0, [due("a", "10")]);
  sending.shift(0);
  for (const lane of [reading, sending]) lane.learn(busy, 0, 1);
  const before = [reading, sending].map((lane) => lane.mayBeReleased(0, 2000));
  reading.endRead([], read, upTo("20"));
  sending.rows.settled(due("a", "10"), 0);
  expect([before, [reading, sending].map((lane) => lane.mayBeReleased(0, 2000))]).toEqual([
    [false, false],
    [true, true],
  ]);
});

test("settings of a secret that stops signing are outdated then", () => {
  const rotated = { ...settings, previousSecretSeconds: 10 };
  const lane = new Lane(claimed, rotated, new ReceiverHosts<Lane>(8), 1000);
  const isOutdatedAt = (times: readonly number[]): readonly boolean[] =>
    times.map((ms) => lane.hasOutdatedSettings(ms));
  expect(isOutdatedAt([10_999, 11_000])).toEqual([false, true]);
  lane.change(rotated, 2000);
  expect(isOutdatedAt([11_999, 12_000])).toEqual([false, true]);
  lane.change(settings, 3000);
  expect(isOutdatedAt([1e9])).toEqual([false]);
});

test("a lane whose endpoint has another URL sends to the other host", () => {
  const hosts = new ReceiverHosts<Lane>(8);
  const lane = new Lane(claimed, settings, hosts, 0);
  const before = lane.host;
  lane.change({ ...settings, url: "https://other.test/", version: 2 }, 0);
  expect(lane.host).not.toBe(before);
  expect(lane.host).toBe(hosts.enter("https://other.test/"));
});

test("requests that an earlier lane of the endpoint has open count against its limit", () => {
  const earlier = newLane();
  earlier.inFlight = 2;
  const lane = new Lane(claimed, { ...settings, maxInFlight: 2 }, new ReceiverHosts<Lane>(8), 0).after(earlier);
  poll(lane, 0, [due("a", "10")]);
  const before = lane.mayStart(0);
  earlier.inFlight = 1;
  expect([before, lane.mayStart(0)]).toEqual([false, true]);
});

test.each<[string, (lane: Lane) => void]>([
  ["whose endpoint is paused", (lane) => lane.change({ ...settings, state: "paused", version: 2 }, 0)],
  ["that leaves", (lane) => void (lane.isLeaving = true)],
  ["without a free port", (lane) => lane.putBack(due("a", "10"), 0, 1000)],
])("a lane %s neither reads nor sends", (_state, stop) => {
  const lane = newQuickLane();
  poll(lane, 0, [due("a", "10"), due("b", "11")]);
  const before = lane.mayStart(0);
  stop(lane);
  lane.polls.pollNow();
  expect([before, lane.mayStart(0), lane.beginRead(5)]).toEqual([true, false, undefined]);
});

test("a row hinted by a commit that began before the claim is read", () => {
  const lane = newQuickLane();
  poll(lane, 0);
  expect([lane.takeHinted(due("a", "30"), 0, 1), lane.takeHinted(due("a", "30"), 1, 1)]).toEqual([false, true]);
});
