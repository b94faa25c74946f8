import { brotliDecompressSync } from "node:zlib";
import { expect } from "vitest";
import { form, setUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";
import { routesOf } from "./routes-of.ts";

const headerValue = "Bearer planted-header-value";

test("large responses are compressed, except those that contain a secret", async ({ database }) => {
  const { accessToken } = await setUp(database);
  await using server = await openWebServer(database);
  await server.http.ready();
  const authorization = `Bearer ${accessToken}`;
  const post = async (url: string, payload: object) => {
    const answer = await server.http.inject({ method: "POST", url, headers: { authorization }, payload });
    expect([url, answer.statusCode]).toEqual([url, 201]);
    return answer.json();
  };
  const endpoints = [];
  // Enough endpoints and bins for lists that exceed the size from which responses are compressed.
  for (const name of ["planted", "planted-2", "planted-3"]) {
    const url = `https://receiver.example/${name}?token=planted-query`;
    endpoints.push(await post("/api/v1/endpoints", { name, url, headers: { authorization: headerValue } }));
    await post("/api/v1/bins", {});
  }
  const [endpoint] = endpoints;
  const bin = await post("/api/v1/bins", {});
  const { secret } = (
    await server.http.inject({ url: `/api/v1/endpoints/${endpoint.id}/secret`, headers: { authorization } })
  ).json();
  await post("/admin/api/signup.json", form);

  const secrets = [headerValue, secret, "planted-query", bin.id, accessToken];
  const compressed: string[] = [];
  const routes = routesOf(server.http).filter(({ method, path }) => method === "GET" && !path.endsWith("/stream"));
  for (const { path } of routes) {
    const url = path.replaceAll(/:\w+/g, path.startsWith("/bins/") ? bin.id : String(endpoint.id)).replace("*", "x");
    const headers = { authorization, "accept-encoding": "br" };
    const answer = await server.http.inject({ url, headers });
    if (answer.headers["content-encoding"] === undefined) continue;
    compressed.push(path);
    const body = brotliDecompressSync(answer.rawPayload).toString();
    expect([path, secrets.filter((text) => body.includes(text))]).toEqual([path, []]);
    expect([path, answer.headers.vary]).toEqual([path, expect.stringContaining("accept-encoding")]);
  }
  expect(compressed).toEqual(expect.arrayContaining(["/api/v1/event_types", "/api/v1/openapi.json"]));
});
