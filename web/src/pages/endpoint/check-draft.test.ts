import { expect, test } from "vitest";

import { checkDraft } from "./check-draft.ts";
import { newDraft } from "./endpoint-draft.ts";

const saved = { ...newDraft("json"), waits: "5s, 5m" };

test("what is right is not complained of", () => {
  expect(checkDraft(saved, false)).toEqual({});
  expect(checkDraft({ ...saved, waits: "none", inFlight: "1", perSecond: "100000" }, false)).toEqual({});
});

test("emptied waits of an endpoint are no answer: whether it is tried again must be said", () => {
  expect(checkDraft({ ...saved, waits: " " }, false)["retry_waits_seconds"]).toEqual([
    expect.stringContaining("“none”"),
  ]);
});

test("a new endpoint may leave its waits to the format", () => {
  expect(checkDraft(newDraft("json"), true)).toEqual({});
});

test.each([
  ["retry_waits_seconds", { waits: "soon" }],
  ["retry_waits_seconds", { waits: "8d" }],
  ["retry_waits_seconds", { waits: Array.from({ length: 51 }, () => "1s").join() }],
  ["timeout_seconds", { timeout: "" }],
  ["timeout_seconds", { timeout: "61" }],
  ["max_in_flight", { inFlight: "0" }],
  ["max_in_flight", { inFlight: "1.5" }],
  ["max_per_second", { perSecond: "1e3" }],
])("%s is not sent as it is in %j", (field, typed) => {
  expect(Object.keys(checkDraft({ ...saved, ...typed }, false))).toEqual([field]);
});
