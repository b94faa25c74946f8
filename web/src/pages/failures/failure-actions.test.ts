import { expect, test } from "vitest";
import { chooseFailures, chooseUpTo, countChosen, describeOutcome } from "./failure-actions.ts";

test("an event that failed at two endpoints is chosen at the selected one only", () => {
  expect(chooseFailures([{ endpoint_id: 1, id: "both" }])).toEqual([{ endpoint_id: 1, ids: ["both"] }]);
});

test("failures of several endpoints are chosen endpoint by endpoint", () => {
  const ticked = [
    { endpoint_id: 1, id: "both" },
    { endpoint_id: 2, id: "both" },
    { endpoint_id: 1, id: "other" },
  ];
  expect(chooseFailures(ticked)).toEqual([
    { endpoint_id: 1, ids: ["both", "other"] },
    { endpoint_id: 2, ids: ["both"] },
  ]);
});

test("more ids than one request accepts are split into requests, each id once", () => {
  const ticked = Array.from({ length: 450 }, (_, place) => ({ endpoint_id: 1, id: `${place}` }));
  const chosen = chooseFailures(ticked);
  expect(chosen.flatMap((it) => ("ids" in it ? it.ids : []))).toEqual(ticked.map(({ id }) => id));
  expect(chosen.map((it) => "ids" in it && it.ids.length)).toEqual([100, 100, 100, 100, 50]);
  expect(countChosen(chosen)).toBe(450);
});

test("the number of failures up to a time is not known in advance", () => {
  expect(countChosen([{ until: "2026-03-01T09:00:00.000Z" }, { endpoint_id: 1, ids: ["a"] }])).toBeUndefined();
});

test("later failures of the same second are not chosen", () => {
  const shown = [
    { endpoint_id: 1, id: "after it", failed_at: "2026-03-01T09:00:05.300Z" },
    { endpoint_id: 1, id: "itself", failed_at: "2026-03-01T09:00:05.200Z" },
    { endpoint_id: 2, id: "before it", failed_at: "2026-03-01T09:00:05.100Z" },
    { endpoint_id: 1, id: "older", failed_at: "2026-03-01T09:00:04.100Z" },
  ];
  const itself = { endpoint_id: 1, id: "itself", failed_at: "2026-03-01T09:00:05.200Z" };
  expect(chooseUpTo(shown, itself, {})).toEqual([
    { until: "2026-03-01T09:00:04.999Z" },
    { endpoint_id: 1, ids: ["itself"] },
    { endpoint_id: 2, ids: ["before it"] },
  ]);
  expect(chooseUpTo(shown, itself, { endpoint_id: 1 })[0]).toEqual({
    endpoint_id: 1,
    until: "2026-03-01T09:00:04.999Z",
  });
});

test("a partial result names both numbers", () => {
  expect(describeOutcome("retry", { done: 3, expected: 5 })).toMatchObject({
    kind: "warning",
    title: "3 failures will be retried, 2 not",
  });
});

test("no change is not reported as success", () => {
  expect(describeOutcome("retry", { done: 0, expected: undefined })).toMatchObject({
    kind: "warning",
    title: "No failure was retried",
  });
});

test("an error midway names the progress", () => {
  const error = new Error("The server answered with 503.");
  expect(describeOutcome("delete", { done: 200, expected: 450, error })).toEqual({
    kind: "danger",
    title: "Not all failures were deleted",
    detail: "200 of 450 done, then: The server answered with 503.",
  });
});

test("a complete result is a success with its number", () => {
  expect(describeOutcome("retry", { done: 1200, expected: 1200 })).toEqual({
    kind: "success",
    title: "1,200 failures will be retried",
  });
});
