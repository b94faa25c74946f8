import { expect, test } from "vitest";

import {
  checkDraft,
  checkNames,
  describeWaits,
  formatWaits,
  newDraft,
  parseWaits,
  requestBody,
} from "./endpoint-draft.ts";

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

test("empty waits are not sent, and “none” is sent as an empty list", () => {
  expect(requestBody({ waits: "" })).toEqual({});
  expect(requestBody({ waits: "none" })).toEqual({ retry_waits_seconds: [] });
});

test("all events are sent as `*`, which includes future types", () => {
  const switches = new Set(["account.created"] as const);
  expect(requestBody({ sendsAll: true, switches })).toEqual({ event_types: ["*"] });
  expect(requestBody({ sendsAll: false, switches })).toEqual({ event_types: ["account.created"] });
});

test.each(["json", "cloudevents", "cloudevents-binary"] as const)(
  "a new endpoint has the defaults of its format: %s",
  (format) => {
    expect(newDraft("3scale")).toMatchObject({ success: "200", timeout: "60", ordering: "none" });
    expect(newDraft(format)).toMatchObject({ success: "2xx", timeout: "15", ordering: "account" });
  },
);

const saved = { ...newDraft("json"), waits: "5s, 5m" };

test("valid values have no errors", () => {
  expect(checkDraft(saved, false)).toEqual({});
  expect(checkDraft({ ...saved, waits: "none", inFlight: "1", perSecond: "100000" }, false)).toEqual({});
});

test("only the default endpoint may be saved without a URL, and no other text is taken for one", () => {
  const emptied = { url: "" };
  const invalid = { url: ["Must be a valid URL such as http://example.com"] };
  expect(checkNames({ ...saved, name: "default", url: "" }, emptied, false)).toEqual({});
  expect(checkNames({ ...saved, name: "default", url: "crm" }, { url: "crm" }, false)).toEqual(invalid);
  expect(checkNames({ ...saved, name: "crm", url: "" }, emptied, false)).toEqual(invalid);
  expect(checkNames({ ...saved, name: "crm", url: "" }, undefined, true)).toEqual(invalid);
});

test("an existing endpoint needs waits or “none”", () => {
  expect(checkDraft({ ...saved, waits: " " }, false)["retry_waits_seconds"]).toEqual([
    expect.stringContaining("“none”"),
  ]);
});

test("a new endpoint may have empty waits", () => {
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
])("%s is rejected in %j", (field, typed) => {
  expect(Object.keys(checkDraft({ ...saved, ...typed }, false))).toEqual([field]);
});

test.each([
  ["60, 60", [60, 60]],
  ["5s,5m, 2h ,1d", [5, 300, 7200, 86_400]],
  ["none", []],
])("waits are parsed with and without a unit: %j", (text, seconds) => {
  expect(parseWaits(text)).toEqual(seconds);
});

test.each(["", "soon", "5 weeks", "-3", "1.5h"])("an invalid wait is rejected: %j", (text) => {
  expect(parseWaits(text)).toBeUndefined();
});

test("formatted waits parse to the same waits", () => {
  const waits = [0, 5, 60, 90, 3600, 50_400, 86_400];
  expect(formatWaits(waits)).toBe("0s, 5s, 1m, 90s, 1h, 14h, 1d");
  expect(parseWaits(formatWaits(waits))).toEqual(waits);
});

test("the number of attempts includes the first attempt", () => {
  expect(describeWaits([60, 60, 60, 60, 60])).toBe("6 attempts within 5 minutes");
  expect(describeWaits([60])).toBe("2 attempts within 1 minute");
  expect(describeWaits([5, 60, 300, 900, 1800, 3600])).toBe("7 attempts within 111 minutes");
  expect(describeWaits([])).toContain("No retry");
  expect(parseWaits(formatWaits([]))).toEqual([]);
});
