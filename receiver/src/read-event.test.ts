import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { listOf, textOf } from "./fields.ts";
import { readEvent } from "./read-event.ts";
import { UnreadableEvent } from "./unreadable-event.ts";

const envelope = (object: string, type = "account"): string =>
  `<?xml version="1.0" encoding="UTF-8"?><event><action>updated</action><type>${type}</type><object>${object}</object></event>`;

const account =
  '<account><id>31</id><deletion_date/><annotations></annotations><org_name>Harbour &amp; Sons</org_name><vat_code></vat_code><extra_fields><plans>two</plans><skills>c</skills><skills>go</skills></extra_fields><plans><plan default="true"><id>5</id></plan></plans><users/></account>';

test("an XML event has a type, an action and the object", () => {
  expect(readEvent(Buffer.from(envelope(account)))).toEqual({
    type: "account",
    action: "updated",
    object: {
      id: "31",
      deletion_date: null,
      annotations: {},
      org_name: "Harbour & Sons",
      vat_code: "",
      extra_fields: { plans: "two", skills: ["c", "go"] },
      plans: [{ default: "true", id: "5" }],
      users: [],
    },
  });
});

test("a JSON event has the same structure, with JSON types", () => {
  const data = { user: { id: 21, account_id: 31, extra_fields: {} }, account: { id: 31, org_name: "Quay" } };
  const body = JSON.stringify({ type: "user.created", timestamp: "2026-03-01T09:00:00.000Z", data });
  expect(readEvent(body)).toEqual({ type: "user", action: "created", object: data.user });
});

test("a CloudEvent has the same structure, structured or binary", () => {
  const data = { user: { id: 21, account_id: 31, extra_fields: {} }, account: { id: 31, org_name: "Quay" } };
  const structured = JSON.stringify({ specversion: "1.0", id: "1", type: "user.created", source: "/", data });
  const read = { type: "user", action: "created", object: data.user };
  expect(readEvent(structured)).toEqual(read);
  expect(readEvent(JSON.stringify(data), { type: "user.created" })).toEqual(read);
  expect(() => readEvent(JSON.stringify(data))).toThrow(UnreadableEvent);
});

test("fields are read identically from all formats", () => {
  const data = { account: { id: 31, org_name: "Harbour & Sons", deletion_date: null, plans: [{ id: 5 }], users: [] } };
  for (const body of [envelope(account), JSON.stringify({ type: "account.updated", data })]) {
    const { object } = readEvent(body);
    expect(textOf(object, "id")).toBe("31");
    expect(textOf(object, "org_name")).toBe("Harbour & Sons");
    expect(textOf(object, "deletion_date")).toBeUndefined();
    expect(textOf(object, "constructor")).toBeUndefined();
    expect(textOf(object, "plans")).toBeUndefined();
    expect(listOf(object, "plans").map((plan) => textOf(plan, "id"))).toEqual(["5"]);
    expect(listOf(object, "users")).toEqual([]);
    expect(listOf(object, "org_name")).toEqual([]);
  }
});

const golden = new URL("../../server/test/compatibility/golden/", import.meta.url);
test.each(globSync("{account,user,application}-*.xml", { cwd: golden }))(
  "every golden 3scale document is parsed: %s",
  (file) => {
    const { type, action, object } = readEvent(readFileSync(new URL(file, golden)));
    const [, promisedType, promisedAction] = /^([a-z]+)-(?:.*-)?([a-z]+)\.xml$/.exec(file) ?? [];
    expect({ type, action }).toEqual({ type: promisedType, action: promisedAction });
    expect(textOf(object, "id")).toMatch(/^\d+$/);
  },
);

test.each([
  ["an empty body", ""],
  ["a form", "a=1&b=2"],
  ["another document", "<account><id>31</id></account>"],
  ["an event without an object", "<event><action>updated</action><type>account</type><object/></event>"],
  ["an event whose object is of another type", envelope("<user><id>1</id></user>")],
  ["an event of two objects", envelope("<account></account><account></account>")],
  ["truncated JSON", '{"type":"account.updated","data":{'],
  ["JSON that is not an event", '{"id":1}'],
  ["JSON without the object", '{"type":"account.updated","data":{"user":{}}}'],
  ["JSON of an inherited object", '{"type":"constructor.called","data":{}}'],
  ["JSON whose type has no action", '{"type":"account","data":{"account":{}}}'],
])("%s is rejected", (_case, body) => {
  expect(() => readEvent(body)).toThrow(UnreadableEvent);
});

test("a body that is not UTF-8 is rejected", () => {
  expect(() => readEvent(Buffer.from([0x3c, 0xff, 0x3e]))).toThrow("The body is not UTF-8.");
});

test("an oversized body is rejected without parsing", () => {
  expect(() => readEvent("<".repeat(101), { bytesMax: 100 })).toThrow("The body is longer than 100 bytes.");
  expect(() => readEvent(Buffer.alloc(10 * 1024 * 1024 + 1))).toThrow("The body is longer than");
});
