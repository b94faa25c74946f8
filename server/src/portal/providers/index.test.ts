import { expect, test } from "vitest";
import { isTimeZone, parseHost, writeTimestamp } from "./index.ts";

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

test.each([
  ["UTC is written as Z", "2026-03-01T09:00:00.999Z", "UTC", "2026-03-01T09:00:00Z"],
  ["a zone is written with its offset in winter", "2026-03-01T09:00:00Z", "Europe/Madrid", "2026-03-01T10:00:00+01:00"],
  ["and with its other one in summer", "2026-07-01T09:00:00Z", "Europe/Madrid", "2026-07-01T11:00:00+02:00"],
  ["an offset may fall into the day before", "2026-01-01T02:30:00Z", "America/New_York", "2025-12-31T21:30:00-05:00"],
  ["an offset may hold half an hour", "2026-01-01T00:00:00Z", "Asia/Kolkata", "2026-01-01T05:30:00+05:30"],
  ["midnight is the hour 00", "2026-01-01T23:00:00Z", "Europe/Madrid", "2026-01-02T00:00:00+01:00"],
  ["an early year has four digits", "0049-06-01T12:00:00Z", "Asia/Kolkata", "0049-06-01T17:53:28+05:53"],
  ["the year before 1 is 0", "0001-01-01T00:00:00Z", "America/New_York", "0000-12-31T19:03:58-04:56"],
  [
    "a zone that agrees with UTC still names its offset",
    "2026-01-01T09:00:00Z",
    "Europe/London",
    "2026-01-01T09:00:00+00:00",
  ],
])("%s", (_guarantee, at, timeZone, expected) => {
  expect(writeTimestamp(new Date(at), timeZone)).toBe(expected);
});

test.each([
  ["a zone of the IANA, by its name", ["Europe/Oslo", "America/Argentina/Ushuaia", "UTC", "Etc/UTC"], true],
  ["no offset, no abbreviation of one, and nothing else", ["+05:30", "-08", "", " ", "GMT+5", "Mars/Olympus"], false],
])("what is a time zone: %s", (_guarantee, names, expected) => {
  expect(names.map(isTimeZone)).toEqual(names.map(() => expected));
});
