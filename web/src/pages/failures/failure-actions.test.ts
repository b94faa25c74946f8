import { expect, test } from "vitest";
import { chooseUpTo } from "./failure-actions.ts";

test("choosing up to a failure excludes later failures of its second, and limits ids to their endpoint", () => {
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

test("failures of one second are chosen in requests that the API takes, even if there are more than 200", () => {
  const failed_at = "2026-03-01T09:00:05.200Z";
  const shown = Array.from({ length: 401 }, (_, number) => ({ endpoint_id: 1, id: String(number), failed_at }));
  const [, ...byIds] = chooseUpTo(shown, { endpoint_id: 1, id: "0", failed_at }, {});
  const ids = byIds.map((chosen) => ("ids" in chosen ? chosen.ids : []));
  expect(ids.map(({ length }) => length)).toEqual([200, 200, 1]);
  expect(ids.flat()).toEqual(shown.map(({ id }) => id));
});
