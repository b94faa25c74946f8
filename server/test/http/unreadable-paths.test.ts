import { expect } from "vitest";
import { setUp } from "../portal/house.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";

const html = "text/html; charset=utf-8";

test.for([
  ["/admin/api/accounts/%FF.xml", "application/xml; charset=utf-8"],
  ["/admin/api/accounts/%FF", "application/xml; charset=utf-8"],
  ["/admin/api/accounts/%FF.json", "application/json; charset=utf-8"],
  ["/admin/api/nothing/%", "application/xml; charset=utf-8"],
  ["/api/v1/events/%ZZ", "application/problem+json"],
  ["/api/v1/nothing/%ED%A0%80", "application/problem+json"],
  ["/p/admin/accounts/%FF", html],
  ["/applications/%FF", html],
  ["/%FF?a=1", html],
  ["/bins/%FF", "text/plain; charset=utf-8"],
] as const)("%s is refused as the door refuses everything", async ([url, type], { sharedPool }) => {
  const { accessToken } = await setUp(sharedPool);
  await using server = await openWebServer(sharedPool);
  const answer = await server.http.inject({ url, headers: { authorization: `Bearer ${accessToken}` } });

  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([400, type]);
  expect(answer.body).toContain("cannot be read");
});

test("a path whose percent-encoding is text leads where it always did", async ({ sharedPool }) => {
  await setUp(sharedPool);
  await using server = await openWebServer(sharedPool);

  expect((await server.http.inject({ url: "/log%69n" })).statusCode).toBe(200);
  expect((await server.http.inject({ url: "/login?next=%FF" })).statusCode).not.toBe(500);
});
