import { expect, test } from "vitest";

import { describeDone } from "./bulk-dialog.tsx";

test.each([
  [0, "No account was suspended"],
  [1, "1 account was suspended"],
  [3, "3 accounts were suspended"],
])("the number of changed objects is reported: %i", (count, expectedText) => {
  expect(describeDone(count, ["account", "accounts"], "suspended")).toBe(expectedText);
});
