import { expect } from "vitest";
import { operations } from "#http/account-management-api/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";
import { routesOf } from "./routes-of.ts";

/** Ids that no row has: texts, numbers beyond bigint or double, and texts that a lenient parser takes for numbers. */
const malformed = [
  "abc",
  "-1",
  "0",
  "00",
  "1.5",
  "1e3",
  "0x1",
  "9223372036854775808",
  "1".repeat(400),
  "%00",
  "%20",
  "1;",
];

/** Returns the path once per id parameter, with that parameter malformed. Text parameters stay valid. */
function pathsWithOne(path: string, texts: readonly string[], bad: string): readonly string[] {
  const names = Array.from(path.matchAll(/:(\w+)/g), ([, name = ""]) => name).filter((name) => !texts.includes(name));
  return names.map((malformedName) =>
    path.replaceAll(/:(\w+)/g, (_, name: string) => (name === malformedName ? bad : "1")),
  );
}

const rowsStatement = `
  select relname as name, (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %I', relname), false, true, '')))[1]::text as rows
  from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`;

const countRows = (pool: Pool): Promise<object[]> => pool.query(rowsStatement);

test("a malformed id is not found by any DELETE, and deletes nothing", async ({ database }) => {
  const { accessToken } = await setUp(database);
  await using server = await openWebServer(database);
  await server.http.ready();
  const ofApi = operations
    .filter(({ method }) => method === "DELETE")
    .map(({ path, textParameters: texts = [] }) => ({
      path: `/admin/api${path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
      texts,
    }));
  const others = routesOf(server.http)
    .filter(({ method, path }) => method === "DELETE" && path.startsWith("/api/v1/"))
    .map(({ path }) => ({ path, texts: [] }));
  expect([ofApi.length > 12, others.length > 3]).toEqual([true, true]);
  const headers = { authorization: `Bearer ${accessToken}`, accept: "application/json" };
  const before = await countRows(database);

  for (const { path, texts } of [...ofApi, ...others]) {
    for (const url of malformed.flatMap((bad) => pathsWithOne(path, texts, bad))) {
      const { statusCode } = await server.http.inject({ method: "DELETE", url, headers });
      // 3scale has no route for another format of a subscription.
      const isFormat = /^\/admin\/api\/(?!.*\/service_subscriptions\/)/.test(url) && url.endsWith(".5"); // an unknown extension
      expect([url, statusCode]).toEqual([url, isFormat ? 406 : 404]);
    }
  }
  expect(await countRows(database)).toEqual(before);
});

test("a malformed variant of an existing id matches nothing", async ({ database }) => {
  const { accessToken } = await setUp(database);
  await using server = await openWebServer(database);
  const headers = { authorization: `Bearer ${accessToken}`, accept: "application/json" };
  const payload = { name: "crm", url: "http://127.0.0.1/" };
  const created = await server.http.inject({ method: "POST", url: "/api/v1/endpoints", headers, payload });
  const { id } = created.json();
  const hex = id.toString(16);
  const shapes = [`${id}.5`, `${id}.0`, `${id}e0`, `0x${hex}`, `0b${id.toString(2)}`, `0${id}`, `+${id}`, `%20${id}`];
  const nearly = [...shapes, `${id}%20`, `${id}n`, "true", `${id}%00`, `%EF%BC%91${String(id).slice(1)}`];

  for (const wrongId of nearly) {
    const deletion = await server.http.inject({ method: "DELETE", url: `/api/v1/endpoints/${wrongId}`, headers });
    expect([wrongId, deletion.statusCode]).toEqual([wrongId, 404]);
    for (const query of ["deliveries?endpoint_id=", "endpoints?limit=", "failures?endpoint_id="]) {
      const answer = await server.http.inject({ url: `/api/v1/${query}${wrongId}`, headers });
      expect([query, wrongId, answer.statusCode, answer.json().code]).toEqual([query, wrongId, 422, "invalid"]);
    }
  }
  for (const url of [`/api/v1/endpoints/${id}`, `/api/v1/deliveries?endpoint_id=${id}&limit=1`]) {
    expect((await server.http.inject({ url, headers })).statusCode).toBe(200);
  }
});

test("the longest application key is found, even if each of its characters is percent-encoded", async ({
  database,
}) => {
  const { accessToken } = await setUp(database);
  await using server = await openWebServer(database);
  const send = async (method: "GET" | "POST" | "DELETE", path: string, payload?: object) => {
    const headers = { authorization: `Bearer ${accessToken}` };
    const url = `/admin/api/${path}.json`;
    return server.http.inject({ method, url, headers, ...(payload && { payload }) });
  };
  const { account } = (await send("POST", "signup", { org_name: "Quay", username: "quay" })).json();
  const [{ application }] = (await send("GET", `accounts/${account.id}/applications`)).json().applications;
  const keys = `accounts/${account.id}/applications/${application.id}/keys`;
  const key = "/".repeat(255);
  expect((await send("POST", keys, { key })).statusCode).toBe(201);

  expect((await send("DELETE", `${keys}/${encodeURIComponent(key)}`)).statusCode).toBe(200);
  expect((await send("DELETE", `${keys}/${"k".repeat(1001)}`)).statusCode).toBe(404);
});
