import { expect, test } from "vitest";
import { type DeliveryFilterFields, parseDeliveryFilter } from "./filter.ts";

const now = new Date("2026-03-01T09:00:00Z");

const parsed = (fields: DeliveryFilterFields) => {
  const result = parseDeliveryFilter(fields, now);
  return "filter" in result ? result.filter : result.refused;
};

const unknownCharacter = "contains a character that no text here contains";
const noTime = "is neither a time with a zone, such as 2026-03-01T09:00:00Z, nor a span, such as -1d";

test.for<readonly [DeliveryFilterFields, string]>([
  [{ event_type: ["account.created", "invoice.*"] }, "contains `invoice.*`, which is no event type"],
  [{ since: "2026-03-01T09:00:00" }, noTime],
  [{ until: "-1y" }, noTime],
  [{ until: "2026-02-30T09:00:00Z" }, noTime],
  [{ status: ["5xx", "404-400"] }, "`404-400` ends before it begins"],
  [{ account: " " }, "has no text to find"],
  [{ account: "a\0" }, unknownCharacter],
  [{ account: "a\ud800" }, unknownCharacter],
  [{ q: " \n" }, "has no text to find"],
  [{ q: "a \0" }, unknownCharacter],
  [{ q: "a \udc00" }, unknownCharacter],
  [{ payload: '""' }, "has no text to find"],
  [{ payload: "data.name ~ " }, "needs a value after the operator"],
  [{ payload: "a\0" }, unknownCharacter],
  [{ payload: "data.name = \ud800" }, unknownCharacter],
  [{ payload: String.raw`data.name = "\ud800"` }, unknownCharacter],
])("a filter that can match nothing, or cannot be stored, is refused with its reason: %j", ([fields, reason]) => {
  const [name = ""] = Object.keys(fields);
  expect(parsed(fields)).toEqual({ [name]: [reason] });
});

test.for<readonly [DeliveryFilterFields, object]>([
  [{ event_type: ["application.*", "user.deleted"] }, { eventTypes: expect.arrayContaining(["user.deleted"]) }],
  [
    { since: "-90m", until: "-2w" },
    { since: new Date("2026-03-01T07:30Z"), until: new Date("2026-02-15T09:00Z") },
  ],
  [{ since: "2026-03-01T10:00:00+01:00" }, { since: now }],
  [
    { status: ["4xx", "500", "502-504"] },
    {
      statuses: [
        { from: 400, to: 499 },
        { from: 500, to: 500 },
        { from: 502, to: 504 },
      ],
    },
  ],
  [{ account: " 21 " }, { account: 21 }],
  [{ account: " 021 " }, { account: "021" }],
  [{ actor: "developer:21" }, { actor: { kind: "developer", userId: 21 } }],
  [{ actor: "token" }, { actor: { kind: "token", userId: undefined } }],
  [{ q: " quay  Ahoy quay " }, { words: ["quay", "Ahoy"] }],
  [{ payload: " Harbour " }, { payload: { kind: "anywhere", text: "Harbour" } }],
  [{ payload: '" "' }, { payload: { kind: "anywhere", text: " " } }],
  [
    { payload: "data.user.email~ quay" },
    { payload: { kind: "contains", path: ["data", "user", "email"], text: "quay" } },
  ],
  [{ payload: String.raw`id = "a\"b"` }, { payload: { kind: "equals", path: ["id"], text: 'a"b' } }],
  [{ payload: 'id = "a" b"' }, { payload: { kind: "equals", path: ["id"], text: '"a" b"' } }],
])("a filter is parsed: %j", ([fields, expected]) => {
  expect(parsed(fields)).toMatchObject(expected);
});
