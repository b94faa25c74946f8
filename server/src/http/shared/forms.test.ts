import fc from "fast-check";
import fastify from "fastify";
import { expect, test } from "vitest";
import { decodeUtf8, isCrossOrigin, parsePairs, returnPath } from "./forms.ts";

test("fields of a browser's form are parsed unchanged", () => {
  const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
  const typed = fc
    .string({ unit: fc.oneof(character, fc.constantFrom("%", "&", "=", "+", " ", "4")) })
    .map((text) => text.toWellFormed());
  fc.assert(
    fc.property(fc.array(fc.tuple(typed, typed)), (pairs) => {
      expect(parsePairs(new URLSearchParams(pairs).toString())).toEqual(pairs);
    }),
  );
});

test.each([
  ["", []],
  ["a", [["a", ""]]],
  [
    "a=b=c&&=d",
    [
      ["a", "b=c"],
      ["", "d"],
    ],
  ],
  [
    "a=100%&b=%zz%4",
    [
      ["a", "100%"],
      ["b", "%zz%4"],
    ],
  ],
  ["a=%2525+%2B", [["a", "%25 +"]]],
  [
    "a[]=1&a[]=2",
    [
      ["a[]", "1"],
      ["a[]", "2"],
    ],
  ],
] as const)("the form %j is parsed as %j", (text, pairs) => {
  expect(parsePairs(text)).toEqual(pairs);
});

test.each(["a=%ff", "%c3=a", "a=%ed%a0%80", "a=%c0%80", "a=%f4%90%80%80", "a=%e2%82"])(
  "bytes that are not UTF-8 are refused: %s",
  (text) => {
    expect(() => parsePairs(text)).toThrow("its text is not UTF-8");
    const bytes = Buffer.from(Array.from(text.matchAll(/%(..)/g), ([, hex = ""]) => hex).join(""), "hex");
    expect(() => decodeUtf8(bytes)).toThrow("its text is not UTF-8");
  },
);

const admin = { within: "/p/admin", fallback: "/p/admin" };

test.each([
  ["/p/admin", "/p/admin"],
  ["/p/admin/deliveries?state=failed&after=1", "/p/admin/deliveries?state=failed&after=1"],
])("a return path within the portal is kept: %s", (path, expected) => {
  expect(returnPath(path, admin)).toBe(expected);
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
])("a return path that leads out of the portal is replaced by the default: %j", (path) => {
  expect(returnPath(path, admin)).toBe("/p/admin");
});

test.each([
  "/..//elsewhere.example",
  "/.//elsewhere.example",
  "/x/..//elsewhere.example",
  "/%2e%2e//elsewhere.example",
])("a return path that a browser resolves to another host is replaced by the default: %s", (path) => {
  expect(returnPath(path, { within: "/", fallback: "/account" })).toBe("/account");
});

test.each<[string, Record<string, string>, boolean]>([
  ["a request without origin headers is not cross-origin", {}, false],
  [
    "a request of the portal's own page is not cross-origin",
    { "sec-fetch-site": "same-origin", origin: "http://acme.test" },
    false,
  ],
  ["a request from the address bar is not cross-origin", { "sec-fetch-site": "none" }, false],
  ["a request of another site is cross-origin", { "sec-fetch-site": "cross-site", origin: "http://acme.test" }, true],
  ["a request of another subdomain is cross-origin", { "sec-fetch-site": "same-site" }, true],
  ["an older browser's request with the same origin is not cross-origin", { origin: "http://acme.test" }, false],
  [
    "an older browser's request with the same host over https is not cross-origin",
    { origin: "https://acme.test" },
    false,
  ],
  ["an older browser's request with another host is cross-origin", { origin: "http://other.test" }, true],
  ["an older browser's request with another port is cross-origin", { origin: "http://acme.test:8080" }, true],
  ["a request with the origin null is cross-origin", { origin: "null" }, true],
])("%s", async (_guarantee, headers, expected) => {
  const http = fastify();
  http.post("/", (request) => ({ isCrossOrigin: isCrossOrigin(request) }));
  const answer = await http.inject({ method: "POST", url: "/", headers: { host: "acme.test", ...headers } });
  expect(answer.json()).toEqual({ isCrossOrigin: expected });
});
