import { expect, test } from "vitest";
import { parseHost } from "./find-tenant.ts";

test.each([
  ["the bare subdomain is the Developer Portal", "acme.example.com", { subdomain: "acme", side: "developer" }],
  ["with -admin it is the admin side", "acme-admin.example.com", { subdomain: "acme", side: "admin" }],
  ["case and port do not matter", "ACME-Admin.Example.com:3000", { subdomain: "acme", side: "admin" }],
  ["a dot at the end does not matter", "acme.example.com.", { subdomain: "acme", side: "developer" }],
  ["the base domain alone is nobody's", "example.com", undefined],
  ["a name below a subdomain is nobody's", "x.acme.example.com", undefined],
  ["another domain is nobody's", "acme.example.org", undefined],
  ["a domain that only ends alike is nobody's", "acme.badexample.com", undefined],
] as const)("%s", (_guarantee, host, expected) => {
  expect(parseHost(host, "example.com")).toEqual(expected);
});
