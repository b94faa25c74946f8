import { expect } from "vitest";
import { setUp } from "../portal/house.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";

test.for([
  ["/stats/services/7/usage.json?metric_name=hits", "application/json", '{"status":"Not found"}'],
  ["/stats/applications/7/usage.xml", "application/xml", ""],
  ["/master/api/providers.xml", "application/xml", ""],
  ["/master/api/providers.json", "application/json", '{"status":"Not found"}'],
] as const)("a program that asks for %s is told so in its format", async ([url, type, body], { database }) => {
  await setUp(database);
  await using server = await openWebServer(database);
  const answer = await server.http.inject({ method: "GET", url });
  expect([answer.statusCode, answer.headers["content-type"], answer.body]).toEqual([
    404,
    `${type}; charset=utf-8`,
    body,
  ]);
});
