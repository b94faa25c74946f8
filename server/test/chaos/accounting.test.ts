import { expect, test } from "vitest";
import { accountForChanges } from "./account-for-changes.ts";
import {
  accountForDeliveries,
  findChangedBytes,
  findEarly,
  findOvertaking,
  type Evidence,
} from "./account-for-deliveries.ts";
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
    marker: undefined,
    bodyHash: eventId,
    atMs,
    endedAtMs: atMs + 10,
    status: 200,
    retryAfterSeconds: 0,
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
};

test("what is as it should be is not complained of", () => {
  for (const judge of [accountForDeliveries, findChangedBytes, findEarly, findOvertaking])
    expect(judge(inOrder)).toEqual([]);
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
  ["a delivery that nobody got", { received: [request("event-1")] }],
  ["a delivery whose receiver refused it", { received: [request("event-1"), request("event-2", { status: 500 })] }],
  ["a request for an event that nobody lists", { received: [...inOrder.received, request("event-3")] }],
])("%s is found", (_what, changes) => {
  expect(accountForDeliveries({ ...inOrder, ...changes })).toHaveLength(1);
});

test("other bytes under the same id are found", () => {
  const received = [...inOrder.received, request("event-2", { attempt: 2, bodyHash: "other" })];
  expect(findChangedBytes({ ...inOrder, received })).toHaveLength(1);
});

test("a retry before its time, or before the receiver wanted it, and one too many are found", () => {
  const retried = (at: number, first: Partial<ReceivedRequest> = {}) =>
    findEarly({
      ...inOrder,
      received: [request("event-1", { status: 500, ...first }), request("event-1", { attempt: 2, atMs: at })],
    });
  expect(retried(2000)).toEqual([]);
  expect(retried(1999)).toHaveLength(1);
  expect(retried(3999, { status: 503, retryAfterSeconds: 3 })).toHaveLength(1);
  const fourth = [3, 4].map((attempt) => request("event-1", { attempt, atMs: attempt * 10_000 }));
  expect(findEarly({ ...inOrder, received: fourth })).toHaveLength(1);
});

test("what overtakes another of its order is found, also one that comes while the other is answered", () => {
  const second = (atMs: number) =>
    findOvertaking({ ...inOrder, received: [request("event-1"), request("event-2", { atMs })] });
  expect(second(1010)).toEqual([]);
  expect(second(1009)).toHaveLength(1);
  expect(second(999)).toHaveLength(1);
});

test("a repeat without a disturbance that explains it is found", () => {
  const received = [request("event-1", { atMs: 10_000 }), request("event-1", { atMs: 30_000 })];
  const killedAt = (ms: number) => countRepeats(received, [{ kind: "engine killed", fromMs: ms, untilMs: ms }]);
  expect(killedAt(11_000)).toEqual({ repeated: 1, bound: 1, wrong: [] });
  expect(killedAt(20_000).wrong).toHaveLength(2); // nothing was in flight, and one is more than nothing
  expect(killedAt(31_000).wrong.length).toBeGreaterThan(0);
});

const signUp: Change & { isAcknowledged: boolean } = {
  type: "account.created",
  marker: "m0x0",
  accountId: 7,
  objectId: 7,
  fate: "made",
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

test("a change without its event is lost, an event without a change is wrong, and so is a gap in an account's numbers", () => {
  expect(accountForChanges([signUp, update], eventsOfBoth, markers)).toEqual({ acknowledged: 2, lost: [], wrong: [] });
  expect(accountForChanges([signUp, update], eventsOfBoth.slice(0, 3), markers).lost).toHaveLength(1);
  expect(accountForChanges([signUp], eventsOfBoth, markers).wrong).toHaveLength(1);
  expect(accountForChanges([signUp, { ...update, fate: "refused" }], eventsOfBoth, markers).wrong).toHaveLength(1);
  const jumping = eventsOfBoth.map((it) => (it.sequence === 4 ? { ...it, sequence: 5 } : it));
  expect(accountForChanges([signUp, update], jumping, markers).wrong).toHaveLength(1);
});

test("what goes with a deleted account is expected, each and once", () => {
  const deletion = { ...signUp, type: "account.deleted", marker: "m0x2" } as const;
  const gone = [
    event(5, { type: "account.deleted" }),
    event(6, { type: "application.deleted", objectId: 4 }),
    event(7, { type: "user.deleted", objectId: 9 }),
  ];
  const all = [signUp, update, deletion];
  expect(accountForChanges(all, [...eventsOfBoth, ...gone], markers)).toEqual({ acknowledged: 3, lost: [], wrong: [] });
  expect(accountForChanges(all, [...eventsOfBoth, ...gone.slice(0, 2)], markers).lost).toHaveLength(1);
});
