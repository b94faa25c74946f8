import { expect } from "vitest";
import { setUp } from "../portal/house.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";

test("a slash too much at the end of an address leads to the same", async ({ database }) => {
  const { accessToken } = await setUp(database);
  await using server = await openWebServer(database);
  const headers = { authorization: `Bearer ${accessToken}` };
  for (const path of ["/signup", "/login", "/p/login", "/admin/api/accounts", "/api/v1/endpoints", "/healthz"]) {
    const [without, withIt] = [
      await server.http.inject({ url: path, headers }),
      await server.http.inject({ url: `${path}/`, headers }),
    ];
    expect([path, withIt.statusCode, withIt.headers["content-type"]]).toEqual([
      path,
      200,
      without.headers["content-type"],
    ]);
  }
});
