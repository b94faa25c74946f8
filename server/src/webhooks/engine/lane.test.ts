import { expect, test } from "vitest";
import type { AttemptOutcome, DueDelivery, LaneToRead } from "#webhooks/deliveries/index.ts";
import { newLane, settings, taken } from "../../../test/support/build-lane.ts";
import { Lane } from "./lane.ts";
import { ReceiverHosts } from "./receiver-host.ts";

const due = (eventId: string, dueAt: string): DueDelivery => ({
  endpointId: 1,
  eventId,
  dueAt,
  orderingKey: null,
  attemptsMade: 0,
  roundStart: 0,
  replay: 0,
  format: "json",
  body: "",
  context: {
    type: "account.created",
    objectId: 1,
    accountId: 1,
    time: dueAt,
    sequence: 1,
    actor: "system",
    channel: "bellwire_api",
  },
  endpointVersion: 1,
});

const upTo = (horizon: string) => ({ horizon, nowMs: 0 });

const busy = {
  kind: "answered",
  status: 429,
  headers: { "retry-after": "1" },
  body: Buffer.alloc(0),
  latencyMs: 1,
} as const;

function begin(lane: Lane, nowMs: number): LaneToRead {
  const asked = lane.beginRead(nowMs);
  if (!asked) throw new Error("the lane reads nothing");
  return asked;
}

test("a read that comes back after its lane was stopped passes nothing by", () => {
  const lane = newLane();
  lane.endRead([due("a", "10"), due("b", "11")], begin(lane, 0), upTo("20"));
  const asked = begin(lane, 0);
  lane.learn(busy, 0, 1);

  expect(lane.endRead([due("c", "30")], asked, upTo("40"))).toBe(0);
  expect(begin(lane, 5000).after.dueAt).toBe("-infinity");
});

test("a retry whose settle was not heard of yet is found again once it is", () => {
  const lane = newLane();
  lane.endRead([due("a", "10")], begin(lane, 0), upTo("20"));
  lane.shift(0);
  const { after } = begin(lane, 0);
  lane.endRead([due("a", "30")], { endpointId: 1, after, limit: 10 }, upTo("40"));
  expect(begin(lane, 0).after.dueAt < "30").toBe(true);
});

test("a read of a paused endpoint is not the end of what is due", () => {
  const lane = newLane();
  lane.endRead([], begin(lane, 0), upTo("20"));
  lane.change({ ...settings, version: 2 }, 0);
  expect(begin(lane, 0).after.dueAt).toBe("-infinity");
});

test("a lane with a wide window keeps to its share of the memory, and reads on only when half of that is sent", () => {
  const lane = newLane();
  const quick: AttemptOutcome = { kind: "answered", status: 200, headers: {}, body: Buffer.alloc(0), latencyMs: 1 };
  for (let answer = 0; answer < 8; answer += 1) lane.learn(quick, 0);
  expect(lane.beginRead(0)?.limit).toBeGreaterThan(4);
  lane.cancelRead();
  const asked = lane.beginRead(0, 4);
  expect(asked?.limit).toBe(4);
  if (!asked) return;
  lane.endRead(
    ["a", "b", "c", "d"].map((id) => due(id, "10")),
    asked,
    upTo("20"),
  );
  expect(lane.wantsMore).toBe(false);
  for (let sent = 0; sent < 2; sent += 1) lane.shift(0);
  expect(lane.wantsMore).toBe(true);
  expect(lane.beginRead(0, 4)?.limit).toBe(4); // what is not settled yet lies behind, and is no reason to read more
});

test("what cannot be passed yet is read again, with room for what comes after it", () => {
  const lane = newLane();
  lane.endRead([due("a", "10"), due("b", "30")], begin(lane, 0), upTo("20"));
  const { after, limit } = begin(lane, 0);
  expect(after.dueAt).toBe("20");
  expect(limit).toBe(10 + 1);
});

const answered = { ...busy, status: 200, headers: {} };
const timedOut = { kind: "timed-out", afterSeconds: 5, phase: "answer", latencyMs: 5000 } as const;

test("a lane that comes back is as quick or as slow as it was", () => {
  const origins = new ReceiverHosts(8);
  const paces = [answered, timedOut].map((outcome, at) => {
    const of = { ...taken, endpointId: at };
    const lane = new Lane(of, settings, origins, 0);
    lane.learn(outcome, 0);
    lane.leave();
    return new Lane(of, settings, origins, 0).pace;
  });

  expect(paces).toEqual(["quick", "slow"]);
});

test("how a receiver answered counts for its URL alone", () => {
  const lane = newLane();
  lane.learn(timedOut, 0);
  const was = lane.pace;
  lane.change({ ...settings, url: "https://elsewhere.test/" }, 0);
  const elsewhere = lane.pace;
  lane.change(settings, 0);

  expect([was, elsewhere, lane.pace]).toEqual(["slow", "unknown", "slow"]);
});

test("a lane whose owners before got no answer three times is slow until there is one", () => {
  const paceAfter = (unanswered: number): string =>
    new Lane({ ...taken, unanswered }, settings, new ReceiverHosts(8), 0).pace;

  expect([2, 3].map(paceAfter)).toEqual(["unknown", "slow"]);
});

test("the width of a window is not remembered: a delivery may have killed the engine that had it", () => {
  const origins = new ReceiverHosts(8);
  const lane = new Lane(taken, settings, origins, 0);
  for (let answer = 0; answer < 8; answer += 1) lane.learn(answered, 0);
  lane.leave();

  expect([lane.window.size, new Lane(taken, settings, origins, 0).window.size]).toEqual([8, 1]);
});

/** Looks at a lane, and is to look again in a second. */
function look(lane: Lane, atMs: number, found: readonly DueDelivery[] = []): void {
  const asked = begin(lane, atMs);
  lane.looks.begin(atMs + 1000);
  lane.endRead(found, asked, upTo("20"));
  lane.looked(atMs);
}

test("an idle lane goes back right after a look, not before one: what has come meanwhile is not left to the next owner", () => {
  const lane = newLane();
  for (const atMs of [0, 1050]) look(lane, atMs);
  const unseen = lane.mayBeReleased(2020, 2000);
  look(lane, 2050);
  const seen = lane.mayBeReleased(2100, 2000);
  lane.looks.now(); // a hint
  const hinted = lane.mayBeReleased(2100, 2000);

  expect({ unseen, seen, hinted }).toEqual({ unseen: false, seen: true, hinted: false });
});

test("a lane whose last delivery has just been settled is looked at before it goes back", () => {
  const lane = newLane();
  look(lane, 0, [due("a", "10")]);
  for (const atMs of [1000, 2000, 3000]) look(lane, atMs);
  lane.settled({ eventId: "a", orderingKey: null }, 3900);

  expect(lane.mayBeReleased(3900, 2000)).toBe(false);
});
