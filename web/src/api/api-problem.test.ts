import { expect, test } from "vitest";

import { ApiProblem, errorMessage, isServerAway } from "./api-problem.ts";

test.each([
  [
    "the invalid fields instead of the general title",
    422,
    { title: "Some values are not acceptable.", errors: { plan_id: ["is no plan for this one"] } },
    "Plan is no plan for this one.",
  ],
  ["an error of the whole object as a sentence", 422, { errors: { base: ["limit reached"] } }, "Limit reached."],
  ["the title if no field has an error", 409, { title: "Somebody was faster." }, "Somebody was faster."],
  [
    "an explanation for a 404 without details",
    404,
    { status: "Not found" },
    "This no longer exists. Somebody may have deleted it.",
  ],
  ["an explanation for a 403 without details", 403, undefined, "You are not allowed to do this."],
])("an error message contains %s", (_guarantee, status, body, expectedText) => {
  expect(errorMessage(new ApiProblem(status, body))).toBe(expectedText);
});

test("a too short email is reported as an invalid address, not by its length", () => {
  const problem = new ApiProblem(422, { errors: { email: ["is too short (minimum is 6 characters)"] } });
  expect(problem.errors).toEqual({ email: ["should look like an email address"] });
});

test("3scale's word for a value of a wrong form is shown as the end of a sentence", () => {
  const problem = new ApiProblem(422, { errors: { user_key: ["invalid"] } });
  expect(problem.errors).toEqual({ user_key: ["is invalid"] });
});

test.each([
  ["of a field", { errors: { state: ['cannot transition via "resume"'] } }],
  ["of a transition", { error: { from: "approved", event: "resume", error: 'State cannot transition via "resume"' } }],
])("a state that does not allow an action is said in plain words, as an error %s", (_place, body) => {
  expect(new ApiProblem(422, body).message).toBe("State does not allow this.");
});

test.each([
  ["a lost network", new TypeError("Failed to fetch"), true],
  ["a proxy without a server", new ApiProblem(502, undefined), true],
  ["an overloaded server with a problem document", new ApiProblem(503, { title: "Busy.", code: "overloaded" }), false],
  ["an error of the server", new ApiProblem(500, undefined), false],
])("%s is treated as an unreachable server: %s", (_case, error, isAway) => {
  expect(isServerAway(error)).toBe(isAway);
});

test("a lost network is reported as an unreachable server", () => {
  expect(errorMessage(new TypeError("Failed to fetch"))).toContain("cannot be reached");
});
