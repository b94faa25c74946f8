import { expect, test } from "vitest";

import { describeCounts } from "./describe-counts.ts";

test("only what there is is named", () => {
  const none = { failed: 0, missing: 0, delivered: 0, given_up: 0, total: 0 };
  expect(describeCounts(none)).toBe("");
  expect(describeCounts({ ...none, failed: 3, missing: 1200 })).toBe("3 failed, 1,200 never sent");
  expect(describeCounts({ ...none, delivered: 1, given_up: 2 })).toBe(
    "1 delivered before, 2 given up or taken off the list",
  );
});
