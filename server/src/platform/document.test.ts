import { expect, test } from "vitest";
import { documentToJson, list, record, repeated, value } from "./document.ts";

test("a document's JSON contains every field and attribute of its XML", () => {
  const plan = record("plan", [value("id", 11), value("cost_per_month", { decimal: "12.5000" })], {
    custom: false,
    default: true,
  });
  const document = record("account", [
    value("id", 31),
    value("deletion_date", null),
    record("annotations", []),
    repeated("skills", ["c"]),
    list("plans", [plan], "alone"),
    list("users", [], "alone"),
  ]);
  expect(documentToJson(document)).toEqual({
    id: 31,
    deletion_date: null,
    annotations: {},
    skills: ["c"],
    plans: [{ custom: false, default: true, id: 11, cost_per_month: 12.5 }],
    users: [],
  });
});

test("a document's JSON keeps the order of fields", () => {
  const document = record("user", [value("id", 1), value("username", "nora"), value("email", null)]);
  expect(Object.keys(documentToJson(document) ?? {})).toEqual(["id", "username", "email"]);
});
