import { expect, test } from "vitest";
import { holdReasons } from "./held-notice.tsx";

const now = new Date("2026-03-01T09:00:00Z");
const later = "2026-03-01T09:10:00.000Z";
const waiting: Parameters<typeof holdReasons>[0] = {
  state: "pending",
  waits_for: null,
  next_attempt_at: null,
  attempts: [],
};
const on = { state: "enabled", active: true, disabled_reason: null, held_until: null } as const;

const busyAttempt = {
  number: 1,
  at: "2026-03-01T08:59:00.000Z",
  status: 503,
  error: "Answered 503",
  latency_ms: 3,
  response_headers: { "retry-after": "600" },
  response_body: null,
  phases: null,
  connection: null,
  address: null,
  tls: null,
  response_bytes: null,
  request: null,
};

test("an ended delivery is not held, even by a paused endpoint", () => {
  expect(holdReasons({ ...waiting, state: "failed" }, { ...on, state: "paused" }, now)).toEqual([]);
});

test("a due delivery is not held", () => {
  expect(holdReasons({ ...waiting, next_attempt_at: "2026-03-01T08:59:59.000Z" }, on, now)).toEqual([]);
});

test.each([
  ["paused", { ...on, state: "paused" } as const],
  ["disabled", { ...on, state: "disabled" } as const],
  ["undecryptable", { ...on, state: "undecryptable" } as const],
  ["not active", { ...on, active: false } as const],
])("a delivery of an endpoint that is %s is held", (by, endpoint) => {
  expect(holdReasons(waiting, endpoint, now)).toEqual([{ by, reason: null }]);
});

test("a delivery held by its ordering key names the earlier delivery", () => {
  expect(holdReasons({ ...waiting, waits_for: "e.1" }, on, now)).toEqual([{ by: "order", deliveryId: "e.1" }]);
});

test("a paused receiver holds a delivery until the pause ends", () => {
  expect(holdReasons(waiting, { ...on, held_until: later }, now)).toEqual([{ by: "receiver", until: later }]);
  expect(holdReasons(waiting, { ...on, held_until: later }, new Date("2026-03-01T09:10:01Z"))).toEqual([]);
});

test("a wait by Retry-After is distinguished from the endpoint's own waits", () => {
  const retried = { ...waiting, next_attempt_at: later };
  expect(holdReasons(retried, on, now)).toEqual([{ by: "schedule", until: later }]);
  expect(holdReasons({ ...retried, attempts: [busyAttempt] }, on, now)).toEqual([{ by: "retry-after", until: later }]);
});

test("all reasons of a hold are listed", () => {
  const endpoint = { ...on, state: "paused", held_until: later } as const;
  expect(holdReasons({ ...waiting, waits_for: "e.1" }, endpoint, now).map(({ by }) => by)).toEqual([
    "paused",
    "order",
    "receiver",
  ]);
});
