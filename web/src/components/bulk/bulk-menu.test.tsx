import { expect, test } from "vitest";

import { unchangedObjects, describeDone } from "./bulk-menu.tsx";

test.each([
  [0, "No account was suspended"],
  [1, "1 account was suspended"],
  [3, "3 accounts were suspended"],
])("the number of changed objects is reported: %i", (count, expectedText) => {
  expect(describeDone(count, ["account", "accounts"], "suspended")).toBe(expectedText);
});

test("each object that could not be changed is named with its own reason", () => {
  const outcomes = [
    { id: 1, done: true },
    {
      id: 2,
      done: false,
      code: "invalid",
      title: "Some values are not acceptable.",
      errors: { base: ["Not from here"] },
    },
    { id: 3, done: false, code: "not-found", title: "There is no such thing." },
  ];
  const selected = [
    { id: 1, name: "Quay Books" },
    { id: 2, name: "Harbour" },
    { id: 3, name: "Pier" },
  ];
  expect(unchangedObjects(outcomes, selected)).toEqual([
    { id: 2, name: "Harbour", why: "Not from here." },
    { id: 3, name: "Pier", why: "There is no such thing." },
  ]);
});
