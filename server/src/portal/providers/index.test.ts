import { expect, test } from "vitest";
import { isTimeZone, parseHost, writeTimestamp } from "./index.ts";

test.each([
  ["the bare subdomain is the Developer Portal", "acme.example.com", { subdomain: "acme", side: "developer" }],
  ["a subdomain with -admin is the admin side", "acme-admin.example.com", { subdomain: "acme", side: "admin" }],
  ["case and port of a host are ignored", "ACME-Admin.Example.com:3000", { subdomain: "acme", side: "admin" }],
  ["a trailing dot of a host is ignored", "acme.example.com.", { subdomain: "acme", side: "developer" }],
  ["the base domain itself belongs to no provider", "example.com", undefined],
  ["a name below a subdomain belongs to no provider", "x.acme.example.com", undefined],
  ["another domain belongs to no provider", "acme.example.org", undefined],
  ["a domain with only a similar ending belongs to no provider", "acme.badexample.com", undefined],
] as const)("%s", (_guarantee, host, expected) => {
  expect(parseHost(host, "example.com")).toEqual(expected);
});

test.each([
  ["UTC is written as Z", "2026-03-01T09:00:00.999Z", "UTC", "2026-03-01T09:00:00Z"],
  [
    "a time in winter has the zone's standard offset",
    "2026-03-01T09:00:00Z",
    "Europe/Madrid",
    "2026-03-01T10:00:00+01:00",
  ],
  [
    "a time in summer has the zone's daylight saving offset",
    "2026-07-01T09:00:00Z",
    "Europe/Madrid",
    "2026-07-01T11:00:00+02:00",
  ],
  ["a negative offset can change the date", "2026-01-01T02:30:00Z", "America/New_York", "2025-12-31T21:30:00-05:00"],
  ["an offset can contain half an hour", "2026-01-01T00:00:00Z", "Asia/Kolkata", "2026-01-01T05:30:00+05:30"],
  ["midnight has the hour 00", "2026-01-01T23:00:00Z", "Europe/Madrid", "2026-01-02T00:00:00+01:00"],
  ["an early year has four digits", "0049-06-01T12:00:00Z", "Asia/Kolkata", "0049-06-01T17:53:28+05:53"],
  ["the year before 1 is 0", "0001-01-01T00:00:00Z", "America/New_York", "0000-12-31T19:03:58-04:56"],
  [
    "a zone equal to UTC is written with its offset",
    "2026-01-01T09:00:00Z",
    "Europe/London",
    "2026-01-01T09:00:00+00:00",
  ],
])("%s", (_guarantee, at, timeZone, expected) => {
  expect(writeTimestamp(new Date(at), timeZone)).toBe(expected);
});

test.each([
  ["names of IANA zones are valid", ["Europe/Oslo", "America/Argentina/Ushuaia", "UTC", "Etc/UTC"], true],
  ["offsets, abbreviations and other texts are invalid", ["+05:30", "-08", "", " ", "GMT+5", "Mars/Olympus"], false],
])("time zones: %s", (_guarantee, names, expected) => {
  expect(names.map(isTimeZone)).toEqual(names.map(() => expected));
});
