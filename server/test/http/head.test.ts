import { expect } from "vitest";
import { setUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";
import { routesOf } from "./routes-of.ts";

test("HEAD gets the status and Content-Type of GET without a body, and is not served for streams", async ({
  database,
}) => {
  const { accessToken } = await setUp(database);
  await using server = await openWebServer(database);
  await server.http.ready();
  const headers = { authorization: `Bearer ${accessToken}` };
  const created = await server.http.inject({ method: "POST", url: "/api/v1/bins", headers, payload: {} });
  const urls = routesOf(server.http)
    .filter(({ method }) => method === "GET")
    .map(({ path }) => path.replaceAll(/:\w+/g, path.startsWith("/bins/") ? created.json().id : "1").replace("*", "x"));
  expect(urls.length).toBeGreaterThan(130);

  for (const url of urls) {
    const head = await server.http.inject({ method: "HEAD", url, headers });
    if (url.endsWith("/stream")) {
      expect([url, head.statusCode]).toEqual([url, url.startsWith("/api/") ? 405 : 404]);
      continue;
    }
    const received = await server.http.inject({ url, headers });
    const summary = [head.statusCode, head.headers["content-type"], head.body];
    expect([url, ...summary]).toEqual([url, received.statusCode, received.headers["content-type"], ""]);
  }
});
