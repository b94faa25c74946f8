import { expect, test } from "vitest";
import { checkAcknowledged, type LoggedRequest } from "./check-acknowledged.ts";
import { checkChanges } from "./check-changes.ts";
import {
  checkDeliveries,
  checkEvidence,
  checkFollower,
  findChangedBytes,
  findEarlyRetries,
  findReordering,
  findReusedNumbers,
  type Evidence,
} from "./check-deliveries.ts";
import type { Change } from "./change.ts";
import { countRepeats } from "./count-repeats.ts";
import type { ChaosEndpoint } from "./endpoints.ts";
import type { ListedEvent } from "./read-outcome.ts";
import type { ReceivedRequest } from "./received-request.ts";

const endpoint: ChaosEndpoint = {
  name: "one",
  settings: { format: "json", ordering: "account", retry_waits_seconds: [1, 2], timeout_seconds: 5 },
  reply: () => ({ kind: "hang" }),
};

const event = (sequence: number, changes: Partial<ListedEvent> = {}): ListedEvent => ({
  id: `event-${sequence}`,
  type: "account.updated",
  objectId: 7,
  accountId: 7,
  sequence,
  ...changes,
});

const request = (eventId: string, changes: Partial<ReceivedRequest> = {}): ReceivedRequest => {
  const atMs = changes.atMs ?? 1000;
  return {
    endpoint: "one",
    eventId,
    eventType: "account.updated",
    attempt: 1,
    accountId: undefined,
    sequence: Number(eventId.replace("event-", "")),
    marker: undefined,
    bodyHash: eventId,
    atMs,
    endedAtMs: atMs + 10,
    status: 200,
    retryAfterSeconds: 0,
    isReset: false,
    ...changes,
  };
};

const delivered = (eventId: string) => ({ eventId, endpoint: "one", state: "delivered", attemptsMade: 1 });

/** Two events of one account, delivered one after the other. */
const inOrder: Evidence = {
  endpoints: [endpoint],
  events: [event(1), event(2)],
  deliveries: [delivered("event-1"), delivered("event-2")],
  failures: new Set(),
  received: [request("event-1", { atMs: 1000 }), request("event-2", { atMs: 2000 })],
  followed: [
    { ...event(1), atMs: 900 },
    { ...event(2), atMs: 1900 },
  ],
  windows: [],
};

test("a correct run has no violations", () => {
  expect(checkEvidence(inOrder)).toEqual([]);
  expect(countRepeats(inOrder.received, [])).toEqual({ repeated: 0, bound: 0, wrong: [] });
});

test.each<[string, Partial<Evidence>]>([
  ["no delivery", { deliveries: [delivered("event-1")] }],
  [
    "a delivery that is still pending",
    { deliveries: [delivered("event-1"), { ...delivered("event-2"), state: "pending" }] },
  ],
  [
    "a failure that is not listed",
    { deliveries: [delivered("event-1"), { ...delivered("event-2"), state: "failed" }] },
  ],
  ["a delivery without a request to its receiver", { received: [request("event-1")] }],
  ["a delivery that its receiver rejected", { received: [request("event-1"), request("event-2", { status: 500 })] }],
  ["a request for an unlisted event", { received: [...inOrder.received, request("event-3")] }],
])("%s is reported", (_violation, changes) => {
  expect(checkDeliveries({ ...inOrder, ...changes })).toHaveLength(1);
});

test("different bodies under one id are reported", () => {
  const received = [...inOrder.received, request("event-2", { attempt: 2, bodyHash: "other" })];
  expect(findChangedBytes({ ...inOrder, received })).toHaveLength(1);
});

test("a retry before its wait or Retry-After and an excess retry are reported", () => {
  const retried = (at: number, first: Partial<ReceivedRequest> = {}) =>
    findEarlyRetries({
      ...inOrder,
      received: [request("event-1", { status: 500, ...first }), request("event-1", { attempt: 2, atMs: at })],
    });
  expect(retried(2000)).toEqual([]);
  expect(retried(1999)).toHaveLength(1);
  expect(retried(3999, { status: 503, retryAfterSeconds: 3 })).toHaveLength(1);
  const fourth = [3, 4].map((attempt) => request("event-1", { attempt, atMs: attempt * 10_000 }));
  expect(findEarlyRetries({ ...inOrder, received: fourth })).toHaveLength(1);
});

test("a delivery that overtakes another of its ordering key is reported, even before the other's response ends", () => {
  const second = (atMs: number) =>
    findReordering({ ...inOrder, received: [request("event-1"), request("event-2", { atMs })] });
  expect(second(1010)).toEqual([]);
  expect(second(1009)).toHaveLength(1);
  expect(second(999)).toHaveLength(1);
});

test("a repeat that no fault explains is reported", () => {
  const received = [request("event-1", { atMs: 10_000 }), request("event-1", { atMs: 30_000 })];
  const killedAt = (ms: number) => countRepeats(received, [{ kind: "engine killed", fromMs: ms, untilMs: ms }]);
  expect(killedAt(11_000)).toEqual({ repeated: 1, bound: 1, wrong: [] });
  expect(killedAt(20_000).wrong).toHaveLength(2); // nothing was in flight, so one is too many
  expect(killedAt(31_000).wrong.length).toBeGreaterThan(0);
});

test("an attempt may be repeated at once, and once only, if its receiver reset the connection", () => {
  const sentAt = (...times: readonly number[]) =>
    countRepeats(
      times.map((atMs) => request("event-1", { atMs, isReset: true })),
      [],
    );
  expect(sentAt(1000, 3999)).toEqual({ repeated: 0, bound: 0, wrong: [] });
  expect(sentAt(1000, 4000).repeated).toBe(1);
  expect(sentAt(1000, 1100, 1200).repeated).toBe(1);
});

const signUp: Change & { isAcknowledged: boolean } = {
  type: "account.created",
  marker: "m0x0",
  accountId: 7,
  objectId: 7,
  outcome: "committed",
  sentMs: 990,
  answeredMs: 1000,
  isAcknowledged: true,
};
const update = { ...signUp, type: "account.updated", marker: "m0x1" } as const;
const eventsOfBoth = [
  event(1, { type: "account.created" }),
  event(2, { type: "user.created", objectId: 9 }),
  event(3, { type: "application.created", objectId: 4 }),
  event(4),
];
const markers = new Map<string, string | undefined>([
  ["event-1", "m0x0"],
  ["event-2", "m0x0"],
  ["event-4", "m0x1"],
]);

test("a change without its event is reported as lost; events without a change and sequence gaps as wrong", () => {
  expect(checkChanges([signUp, update], eventsOfBoth, markers)).toEqual({
    acknowledged: 2,
    lost: [],
    lostByDesign: 0,
    wrong: [],
  });
  expect(checkChanges([signUp, update], eventsOfBoth.slice(0, 3), markers).lost).toHaveLength(1);
  expect(checkChanges([signUp], eventsOfBoth, markers).wrong).toHaveLength(1);
  expect(checkChanges([signUp, { ...update, outcome: "refused" }], eventsOfBoth, markers).wrong).toHaveLength(1);
  const jumping = eventsOfBoth.map((each) => (each.sequence === 4 ? { ...each, sequence: 5 } : each));
  expect(checkChanges([signUp, update], jumping, markers).wrong).toHaveLength(1);
});

test("a deleted account requires one event for each of its parts", () => {
  const deletion = { ...signUp, type: "account.deleted", marker: "m0x2" } as const;
  const gone = [
    event(5, { type: "account.deleted" }),
    event(6, { type: "application.deleted", objectId: 4 }),
    event(7, { type: "user.deleted", objectId: 9 }),
  ];
  const all = [signUp, update, deletion];
  expect(checkChanges(all, [...eventsOfBoth, ...gone], markers)).toEqual({
    acknowledged: 3,
    lost: [],
    lostByDesign: 0,
    wrong: [],
  });
  expect(checkChanges(all, [...eventsOfBoth, ...gone.slice(0, 2)], markers).lost).toHaveLength(1);
});

/** The standby had replayed everything until 5000, and connections reached it from 7000 on. */
const window = { replayedMs: 5000, forgottenMs: 6000, movedMs: 7000 };
const afterFailover = { count: 1, windows: [window] };

test("an acknowledged change counts as lost by design only in whole and only if the asynchronous standby lacked it", () => {
  const check = (changes: Partial<typeof update>, failovers = afterFailover) =>
    checkChanges([signUp, { ...update, ...changes }], eventsOfBoth.slice(0, 3), markers, failovers);
  expect(check({ answeredMs: 5500 })).toEqual({ acknowledged: 2, lost: [], lostByDesign: 1, wrong: [] });
  expect(check({ answeredMs: 4900 }).lost).toHaveLength(1);
  expect(check({ answeredMs: 7100 }).lost).toHaveLength(1);
  expect(check({ answeredMs: 5500 }, { count: 1, windows: [] }).lost).toHaveLength(1);
  const part = [{ ...signUp, answeredMs: 5500 }];
  expect(checkChanges(part, eventsOfBoth.slice(0, 2), markers, afterFailover).lost).toHaveLength(1);
});

test("an account's sequence numbers may skip ahead once per failover, not otherwise", () => {
  const numbered = (...numbers: readonly number[]) =>
    checkChanges(
      [signUp, update],
      eventsOfBoth.map((each, index) => ({ ...each, sequence: numbers[index] ?? 0 })),
      markers,
      afterFailover,
    ).wrong;
  expect(numbered(1, 2, 3, 1_000_004)).toEqual([]);
  expect(numbered(1, 2, 13, 1_000_004)).toHaveLength(1);
  expect(numbered(1, 2, 3, 3)).toHaveLength(1);
});

test("a failover explains a missing event only if clients saw it between the standby's last transaction and the failover", () => {
  const seenAt = (atMs: number, windows = [window]) => {
    const evidence: Evidence = {
      ...inOrder,
      received: [...inOrder.received, request("event-3", { atMs })],
      followed: [...inOrder.followed, { ...event(3), atMs }],
      windows,
    };
    return [...checkDeliveries(evidence), ...checkFollower(evidence)];
  };
  expect(seenAt(5500)).toEqual([]);
  expect(seenAt(4900)).toHaveLength(2);
  expect(seenAt(60_000)).toHaveLength(2);
  expect(seenAt(5500, [])).toHaveLength(2);
});

test("events that a follower misses or receives twice are reported", () => {
  const [first, second] = inOrder.followed;
  if (!first || !second) throw new Error("The follower has nothing.");
  expect(checkFollower({ ...inOrder, followed: [first] })).toHaveLength(1);
  expect(checkFollower({ ...inOrder, followed: [first, second, second] })).toHaveLength(1);
});

test("a sequence number of two events is reported, even if one event is lost", () => {
  const received = [...inOrder.received, request("lost", { accountId: 7, sequence: 2 })];
  expect(findReusedNumbers({ ...inOrder, received, windows: [window] })).toHaveLength(1);
});

const answered = (
  sentMs: number,
  method: LoggedRequest["method"],
  path: string,
  changes: Partial<LoggedRequest> = {},
): LoggedRequest => ({
  method,
  path,
  payload: undefined,
  status: 200,
  body: undefined,
  sentMs,
  answeredMs: sentMs + 10,
  ...changes,
});
const created = answered(2000, "POST", "/admin/api/accounts/7/users.json", { status: 201, body: { user: { id: 9 } } });
const userEvent = { type: "user.created", objectId: 9, withheld: {} };

test("a creation or deletion that was acknowledged more often than recorded is reported", () => {
  const deleted = answered(3000, "DELETE", "/admin/api/accounts/7/users/9.json");
  expect(checkAcknowledged([created], [userEvent]).lost).toEqual([]);
  expect(checkAcknowledged([created], []).lost).toHaveLength(1);
  expect(checkAcknowledged([created, deleted], [userEvent]).lost).toHaveLength(1);
  expect(checkAcknowledged([created, { ...deleted, status: 404 }], [userEvent]).lost).toEqual([]);
  const keys = [1000, 2000].map((ms) => answered(ms, "POST", "/admin/api/accounts/7/applications/4/keys.json"));
  const keyEvent = { type: "application.key_created", objectId: 4, withheld: {} };
  expect(checkAcknowledged(keys, [keyEvent]).lost).toHaveLength(1);
  expect(checkAcknowledged(keys, [keyEvent, keyEvent]).lost).toEqual([]);
});

test("an event whose gate contradicts the subscription at its time is reported, except while a change of it may be in flight", () => {
  const subscribed = (active: boolean, types: readonly string[]) =>
    answered(1000, "PATCH", "/api/v1/endpoints/5", { payload: { active, event_types: types } });
  const wrong = (...log: readonly LoggedRequest[]) => checkAcknowledged([...log, created], [userEvent]).wrong;
  expect(wrong(subscribed(true, ["*"]))).toEqual([]);
  expect(wrong(subscribed(false, ["*"]))).toHaveLength(1);
  expect(wrong(subscribed(true, ["user.deleted"]))).toHaveLength(1);
  const gated = { ...userEvent, withheld: { 5: "not_active" } };
  expect(checkAcknowledged([subscribed(true, ["*"]), created], [gated]).wrong).toHaveLength(1);
  expect(
    wrong(subscribed(false, ["*"]), answered(2005, "PATCH", "/api/v1/endpoints/5", { payload: { active: true } })),
  ).toEqual([]);
  expect(wrong(subscribed(false, ["*"]), answered(500, "DELETE", "/api/v1/endpoints/5", { status: 0 }))).toEqual([]);
});
