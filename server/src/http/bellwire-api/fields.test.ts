import { Type } from "typebox";
import { expect, test } from "vitest";
import { Nullable, representAs, Timestamp } from "./fields.ts";

const schema = Type.Object({
  id: Type.Integer(),
  last_error: Nullable(Type.String()),
  created_at: Timestamp,
  ended_at: Nullable(Timestamp),
  event_types: Type.Array(Type.String()),
});

test("a document has the values that its schema names, in that order, and times as ISO 8601", () => {
  const createdAt = new Date("2026-11-25T14:22:05.117Z");
  const object = { secret: "s", createdAt, endedAt: null, lastError: null, eventTypes: ["account.created"], id: 7 };
  expect(JSON.stringify(representAs(schema)(object))).toBe(
    '{"id":7,"last_error":null,"created_at":"2026-11-25T14:22:05.117Z","ended_at":null,"event_types":["account.created"]}',
  );
});
