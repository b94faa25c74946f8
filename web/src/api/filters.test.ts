import { expect, test } from "vitest";
import { completeFilter, exampleDelivery, exampleEvent } from "../testing/examples.ts";
import { type ListFilter, filterQuery, matchesDelivery, matchesEvent } from "./filters.ts";

const now = new Date("2026-03-01T10:00:00Z");
const delivery = {
  ...exampleDelivery,
  state: "failed" as const,
  attempts_made: 3,
  last_attempt: { at: exampleDelivery.occurred_at, status: 503, error: "Answered 503", latency_ms: 1200 },
};

const matchingFilter: ListFilter = {
  state: "failed,pending",
  endpoint_id: "1,2",
  event_type: "account.*",
  status: "5xx",
  attempts_min: "3",
  attempts_max: "3",
  latency_min: "1200",
  account: "7",
  object_id: "7",
  event_id: delivery.event_id,
  since: "-2h",
  until: "-30m",
};

test("a delivery that matches every filter belongs to the list", () => {
  expect(matchesDelivery(matchingFilter, delivery, now)).toBe(true);
});

test.each([
  [{ state: "delivered" }],
  [{ endpoint_id: "11" }],
  [{ event_type: "user.*,account.deleted" }],
  [{ status: "500,504-599" }],
  [{ attempts_min: "4" }],
  [{ attempts_max: "2" }],
  [{ latency_min: "1201" }],
  [{ account: "8" }],
  [{ object_id: "8" }],
  [{ event_id: "0192f0c1-0000-7000-8000-000000000002" }],
  [{ since: "-59m" }],
  [{ until: "2026-03-01T09:00:00Z" }],
] satisfies [ListFilter][])("a delivery that does not match %o does not belong to the list", (changed) => {
  expect(matchesDelivery({ ...matchingFilter, ...changed }, delivery, now)).toBe(false);
});

test.each([
  [{ q: "harbour" }],
  [{ payload: "data.account.org_name = Harbour" }],
  [{ actor: "admin" }],
  [{ channel: "api" }],
  [{ account: "Harb" }],
  [{ error_class: "5xx" }],
] satisfies [ListFilter][])("only the server can decide whether a delivery matches %o", (filter) => {
  expect(matchesDelivery(filter, delivery, now)).toBeUndefined();
});

test("a delivery that was never attempted matches no filter of its last attempt", () => {
  for (const filter of [{ status: "5xx" }, { latency_min: "0" }, { error_class: "timeout" }]) {
    expect(matchesDelivery(filter, exampleDelivery, now)).toBe(false);
  }
});

test("an event matches by its own actor and channel", () => {
  const filter = { actor: "developer:21", channel: "developer_portal", event_type: "account.created", account: "7" };
  expect(matchesEvent(filter, exampleEvent, now)).toBe(true);
  expect(matchesEvent({ actor: "developer:22" }, exampleEvent, now)).toBe(false);
  expect(matchesEvent({ actor: "admin" }, exampleEvent, now)).toBe(false);
  expect(matchesEvent({ channel: "api" }, exampleEvent, now)).toBe(false);
  expect(matchesEvent({ q: "harbour" }, exampleEvent, now)).toBeUndefined();
});

test("every filter becomes a parameter of the API", () => {
  expect(Object.keys(filterQuery(completeFilter)).toSorted()).toEqual(Object.keys(completeFilter).toSorted());
});

test("several values of a filter become several parameters of the API", () => {
  expect(filterQuery({ state: "failed,asleep,pending", endpoint_id: "7,8", latency_min: "100", q: "a,b" })).toEqual({
    state: ["pending", "failed"],
    endpoint_id: [7, 8],
    latency_min: 100,
    q: "a,b",
  });
});
