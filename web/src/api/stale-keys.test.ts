import { expect, test } from "vitest";

import { staleKeys } from "./stale-keys.ts";

test("an attempt refreshes the lists of deliveries, its own delivery and nothing else", () => {
  expect(staleKeys("attempt", { delivery_id: "e.1", event_id: "e", endpoint_id: 1, error: null })).toEqual({
    now: [
      ["deliveries", "list"],
      ["deliveries", "one", "e.1"],
    ],
    soon: [],
  });
});

test("a delivery that ended refreshes the failures once their list can show it", () => {
  const { now, soon } = staleKeys("delivery", { id: "e.1", event_id: "e", state: "failed" });
  expect(soon).toEqual([["failures"]]);
  expect(now).not.toContainEqual(["failures"]);
});

test("an attempt that failed refreshes its endpoint, which may be held now", () => {
  const { soon } = staleKeys("attempt", { delivery_id: "e.1", event_id: "e", endpoint_id: 1, error: "Answered 503" });
  expect(soon).toEqual([["endpoints", 1]]);
});

test("an endpoint that was deleted leaves the lists of endpoints, and what it cancelled is shown", () => {
  const { now } = staleKeys("endpoint_deleted", { id: 1 });
  expect(now).toEqual(expect.arrayContaining([["endpoints"], ["deliveries"]]));
});
