import { expect, test } from "vitest";
import { returnPath } from "./return-path.ts";

const admin = { within: "/p/admin", fallback: "/p/admin" };

test.each([
  ["/p/admin", "/p/admin"],
  ["/p/admin/deliveries?state=failed&after=1", "/p/admin/deliveries?state=failed&after=1"],
])("a path of ours is gone back to: %s", (asked, expected) => {
  expect(returnPath(asked, admin)).toBe(expected);
});

test.each([
  undefined,
  "",
  "deliveries",
  "https://elsewhere.example/p/admin",
  "//elsewhere.example/p/admin",
  "/\\elsewhere.example/p/admin",
  "\\\\elsewhere.example/p/admin",
  "/\t/elsewhere.example/p/admin",
  "/p/admin/../../..//elsewhere.example",
  "/p/administrator",
  "/p/login",
  "/p/admin/../login",
  "javascript:alert(1)",
])("what leads elsewhere is not followed: %j", (asked) => {
  expect(returnPath(asked, admin)).toBe("/p/admin");
});

test.each([
  "/..//elsewhere.example",
  "/.//elsewhere.example",
  "/x/..//elsewhere.example",
  "/%2e%2e//elsewhere.example",
])("a path that turns into another host when it is opened is not followed: %s", (asked) => {
  expect(returnPath(asked, { within: "/", fallback: "/account" })).toBe("/account");
});
