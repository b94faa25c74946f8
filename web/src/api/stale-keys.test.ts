import { expect, test } from "vitest";

import { staleKeys } from "./stale-keys.ts";

test("an attempt refreshes the lists of deliveries, its own delivery and nothing else", () => {
  expect(staleKeys("attempt", { delivery_id: "e.1", event_id: "e" })).toEqual({
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
