import { expect, test } from "vitest";

import { staleKeys } from "./stale-keys.ts";

test("an attempt refreshes its own delivery and no other", () => {
  expect(staleKeys("attempt", { delivery_id: "e.1", event_id: "e" }).now).toContainEqual(["deliveries", "one", "e.1"]);
});

test("a delivery that ended refreshes the failures once their list can show it", () => {
  const { now, soon } = staleKeys("delivery", { id: "e.1", event_id: "e", state: "failed" });
  expect(soon).toEqual([["failures"]]);
  expect(now).not.toContainEqual(["failures"]);
});
