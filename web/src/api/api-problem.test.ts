import { expect, test } from "vitest";

import { ApiProblem, errorMessage } from "./api-problem.ts";

test.each([
  [
    "which values are wrong, and not only that some are",
    422,
    { title: "Some values are not acceptable.", errors: { plan_id: ["is no plan for this one"] } },
    "Plan is no plan for this one.",
  ],
  ["what is wrong with the whole, as a sentence", 422, { errors: { base: ["limit reached"] } }, "Limit reached."],
  ["the title where no field is to blame", 409, { title: "Somebody was faster." }, "Somebody was faster."],
  ["what a bare 404 means", 404, { status: "Not found" }, "This no longer exists. Somebody may have deleted it."],
  ["what a bare 403 means", 403, undefined, "You are not allowed to do this."],
])("an error message says %s", (_guarantee, status, body, says) => {
  expect(errorMessage(new ApiProblem(status, body))).toBe(says);
});

test("a lost network has a message of its own in every browser", () => {
  expect(errorMessage(new TypeError("Failed to fetch"))).toContain("cannot be reached");
});
