import { expect, test } from "vitest";

import { ApiProblem, errorMessage, isServerAway } from "./api-problem.ts";

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
])("an error message says %s", (_guarantee, status, body, expectedText) => {
  expect(errorMessage(new ApiProblem(status, body))).toBe(expectedText);
});

test("a short email address is reported as no address, and not by its length", () => {
  const problem = new ApiProblem(422, { errors: { email: ["is too short (minimum is 6 characters)"] } });
  expect(problem.errors).toEqual({ email: ["should look like an email address"] });
});

test.each([
  ["a lost network", new TypeError("Failed to fetch"), true],
  ["a proxy without a server", new ApiProblem(502, undefined), true],
  ["a server that is overloaded and says so", new ApiProblem(503, { title: "Busy.", code: "overloaded" }), false],
  ["an error of the server", new ApiProblem(500, undefined), false],
])("%s counts as an absent server: %s", (_case, error, isAway) => {
  expect(isServerAway(error)).toBe(isAway);
});

test("a lost network has a message of its own in every browser", () => {
  expect(errorMessage(new TypeError("Failed to fetch"))).toContain("cannot be reached");
});
