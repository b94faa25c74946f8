import { expect, test } from "vitest";

import { requestBody, newDraft } from "./endpoint-draft.ts";

test("fields without edits are not sent, so concurrent changes survive", () => {
  expect(requestBody({ url: "https://hooks.example" })).toEqual({ url: "https://hooks.example" });
});

test("emptied values are sent as null, not as an empty text", () => {
  expect(requestBody({ description: "", inFlight: "", perSecond: "" })).toEqual({
    description: null,
    max_in_flight: null,
    max_per_second: null,
  });
});

test("waits that are left to the format are not sent as none", () => {
  expect(requestBody({ waits: "" })).toEqual({});
  expect(requestBody({ waits: "none" })).toEqual({ retry_waits_seconds: [] });
});

test("all events are sent as one star, which includes future ones", () => {
  const switches = new Set(["account.created"] as const);
  expect(requestBody({ sendsAll: true, switches })).toEqual({ event_types: ["*"] });
  expect(requestBody({ sendsAll: false, switches })).toEqual({ event_types: ["account.created"] });
});

test.each(["json", "cloudevents", "cloudevents-binary"] as const)("a new endpoint follows its format: %s", (format) => {
  expect(newDraft("3scale")).toMatchObject({ success: "200", timeout: "60", ordering: "none" });
  expect(newDraft(format)).toMatchObject({ success: "2xx", timeout: "15", ordering: "account" });
});
