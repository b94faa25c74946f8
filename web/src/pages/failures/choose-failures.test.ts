import { expect, test } from "vitest";

import { chooseFailures, chooseUpTo, countOf } from "./choose-failures.ts";

test("an event that failed at two endpoints is chosen at the one whose line was ticked", () => {
  expect(chooseFailures([{ endpoint_id: 1, id: "both" }])).toEqual([{ endpoint_id: 1, ids: ["both"] }]);
});

test("lines of several endpoints are chosen an endpoint at a time", () => {
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

test("more than one request can name are chosen piece by piece, each once", () => {
  const ticked = Array.from({ length: 450 }, (_, place) => ({ endpoint_id: 1, id: `${place}` }));
  const chosen = chooseFailures(ticked);
  expect(chosen.flatMap((it) => ("ids" in it ? it.ids : []))).toEqual(ticked.map(({ id }) => id));
  expect(chosen.map((it) => "ids" in it && it.ids.length)).toEqual([100, 100, 100, 100, 50]);
  expect(countOf(chosen)).toBe(450);
});

test("how many fall into a time is not known beforehand", () => {
  expect(countOf([{ until: "2026-03-01T09:00:00.000Z" }, { endpoint_id: 1, ids: ["a"] }])).toBeUndefined();
});

test("of the second of a line, those that failed after it are not chosen with it", () => {
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
