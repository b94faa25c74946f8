import { expect, test } from "vitest";

import { describeOutcome } from "./describe-outcome.ts";

test("what was not done is told beside what was", () => {
  expect(describeOutcome("retry", { done: 3, wanted: 5 })).toMatchObject({
    kind: "warning",
    title: "3 failures will be tried again, 2 not",
  });
});

test("nothing done is no success", () => {
  expect(describeOutcome("retry", { done: 0, wanted: undefined })).toMatchObject({
    kind: "warning",
    title: "No failure was retried",
  });
});

test("trouble on the way tells how far it came", () => {
  const trouble = new Error("The server answered with 503.");
  expect(describeOutcome("delete", { done: 200, wanted: 450, trouble })).toEqual({
    kind: "danger",
    title: "Not all failures were deleted",
    detail: "200 of 450 done, then: The server answered with 503.",
  });
});

test("all done is a success with its number", () => {
  expect(describeOutcome("retry", { done: 1200, wanted: 1200 })).toEqual({
    kind: "success",
    title: "1,200 failures will be tried again",
  });
});
