import { expect } from "vitest";
import { record, value } from "#platform/document.ts";
import { fail } from "../support/build-failures.ts";
import { anEvent, encryption, recordNow } from "../support/build-webhooks.ts";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";

/** Signs up an account, so that the webhook has deliveries, and fails them at the given times. */
async function createFailures(api: ProviderApi, moments: readonly string[]): Promise<readonly string[]> {
  const switches = { account_created_on: true, user_created_on: true, application_created_on: true };
  const webhook = { url: "https://hooks.example/3s?a=1&b=2", active: true, provider_actions: true, ...switches };
  await api.send("PUT", "/webhooks.json", { payload: webhook });
  await api.send("POST", "/signup.xml", { payload: { org_name: "Harbour & Sons", username: "mira" } });
  const due = await api.pool.query<{ id: string; endpointId: number }>(
    `select event_id as id, endpoint_id from due where provider_id = $1 order by event_id`,
    [api.provider.id],
  );
  const url = encryption.encrypt("endpoint url", webhook.url);
  for (const [i, at] of moments.entries()) {
    const { id, endpointId } = due[i] ?? { id: "", endpointId: 0 };
    await api.pool.query(
      `with gone as (delete from due where endpoint_id = $2 and event_id = $3 returning format)
       insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
       select $1, $3, $2, 'failed', 6, format from gone`,
      [api.provider.id, endpointId, id],
    );
    await api.pool.query(
      "insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url) values ($1, $2, $3, $4, $5, $6)",
      [api.provider.id, endpointId, id, at, "404 Not Found", url],
    );
  }
  return due.slice(0, moments.length).map(({ id }) => id);
}

const idsIn = (xml: string): readonly string[] =>
  Array.from(xml.matchAll(/<webhooks-failure><id>([^<]+)/g), ([, id = ""]) => id);

test("the list is 3scale's XML, oldest first, with the event's id", async ({ api }) => {
  const [account = "", user = ""] = await createFailures(api, ["2026-03-01T09:07:15.250Z", "2026-03-01T09:07:14Z"]);
  const { body, headers } = await api.send("GET", "/webhooks/failures.xml");

  expect(headers["content-type"]).toBe("application/xml; charset=utf-8");
  expect(idsIn(body)).toEqual([user, account]);
  expect(body).toContain(
    `<webhooks-failure><id>${account}</id><time>2026-03-01T09:07:15Z</time><error>404 Not Found</error>` +
      "<url>https://hooks.example/3s?a=1&amp;b=2</url><event>\n  <action>created</action>\n  <type>account</type>\n" +
      "  <object>\n    <account>\n      <id>",
  );
  expect(body).toContain("\n      <annotations/>\n      <org_name>Harbour &amp; Sons</org_name>\n");
  expect(body.endsWith("\n  </object>\n</event></webhooks-failure></webhooks-failures>")).toBe(true);
});

test("in JSON, an event is the body that was sent to the webhook", async ({ api }) => {
  const [id] = await createFailures(api, ["2026-03-01T09:07:15Z"]);
  const [payload] = await api.pool.query<{ body: Buffer }>("select body from payloads where event_id = $1", [id]);
  const response = await api.send("GET", "/webhooks/failures.json");

  expect(response.json()["webhooks-failures"]).toEqual([
    {
      "webhooks-failure": {
        id,
        time: "2026-03-01T09:07:15Z",
        error: "404 Not Found",
        url: "https://hooks.example/3s?a=1&b=2",
        event: payload?.body.toString(),
      },
    },
  ]);
  expect(response.body).toContain('"event":"\\u003c?xml version=');
});

test("the list is empty without failures and without a webhook", async ({ api }) => {
  expect((await api.send("GET", "/webhooks/failures.xml")).body).toBe(
    `${xmlDeclaration}<webhooks-failures></webhooks-failures>`,
  );
  expect((await api.send("GET", "/webhooks/failures.json")).body).toBe('{"webhooks-failures":[]}');
});

test("a list of more than four megabytes is streamed completely, without an ETag", async ({ api }) => {
  const webhook = { url: "https://hooks.example/3s", active: true, account_created_on: true };
  await api.send("PUT", "/webhooks.json", { payload: webhook });
  const document = record("account", [value("id", 31), value("org_name", "Harbour & Sons ".repeat(500))]);
  const { id: providerId } = api.provider;
  await recordNow(
    api.pool,
    { providerId },
    Array.from({ length: 600 }, () => anEvent({ document })),
  );
  const failed = await fail(api.pool, providerId, "an hour ago");

  const xml = await api.send("GET", "/webhooks/failures.xml");
  expect(xml.body.length).toBeGreaterThan(4_000_000);
  expect(new Set(idsIn(xml.body))).toEqual(new Set(failed));
  expect(xml.body.endsWith("</event></webhooks-failure></webhooks-failures>")).toBe(true);
  const json = await api.send("GET", "/webhooks/failures.json");
  expect(json.json()["webhooks-failures"]).toHaveLength(600);
  for (const { headers } of [xml, json]) {
    expect(headers).not.toHaveProperty("etag");
    expect(headers).not.toHaveProperty("content-length");
  }
});

test("deleting up to a time keeps later failures", async ({ api }) => {
  const ids = await createFailures(api, ["2026-03-01T09:07:15.900Z", "2026-03-01T09:07:16Z", "2026-03-01T09:07:17Z"]);
  const response = await api.send("DELETE", "/webhooks/failures.xml", { query: { time: "2026-03-01T09:07:16Z" } });

  expect([response.statusCode, response.body]).toEqual([200, ""]);
  expect(response.headers).not.toHaveProperty("cache-control");
  expect(idsIn((await api.send("GET", "/webhooks/failures.xml")).body)).toEqual(ids.slice(2));
});

test("deleting without a time empties the list and keeps the history", async ({ api }) => {
  const ids = await createFailures(api, ["2026-03-01T09:07:15Z", "2026-03-01T09:07:16Z"]);
  const response = await api.send("DELETE", "/webhooks/failures.json");
  const remaining = await api.pool.query("select from deliveries where event_id = any($1)", [ids]);

  expect([response.statusCode, response.body]).toEqual([200, ""]);
  expect(idsIn((await api.send("GET", "/webhooks/failures.xml")).body)).toEqual([]);
  expect(remaining).toHaveLength(2);
});

test.for(["323123122", "2020", "1", "", "tomorrow", "2010-13-01"])(
  "the time %j is rejected and deletes nothing",
  async (time, { api }) => {
    const ids = await createFailures(api, ["2009-03-01T09:07:15Z"]);
    const xml = await api.send("DELETE", "/webhooks/failures.xml", { query: { time } });
    const json = await api.send("DELETE", "/webhooks/failures.json", { query: { time } });

    expect([xml.statusCode, xml.body]).toEqual([400, `${xmlDeclaration}<error>invalid time</error>`]);
    expect([json.statusCode, json.body]).toEqual([400, '{"error":"invalid time"}']);
    expect(idsIn((await api.send("GET", "/webhooks/failures.xml")).body)).toEqual(ids);
  },
);

test("a `time` that is a list is rejected and deletes nothing", async ({ api }) => {
  const ids = await createFailures(api, ["2009-03-01T09:07:15Z"]);

  expect((await api.send("DELETE", "/webhooks/failures.xml?time[]=2026-01-01")).statusCode).toBe(400);
  expect(idsIn((await api.send("GET", "/webhooks/failures.xml")).body)).toEqual(ids);
});

test.for(["2010-01-01", "2010-01-01 10:10:10", "10:30"])("the time %s is accepted", async (time, { api }) => {
  await createFailures(api, ["2009-03-01T09:07:15Z"]);
  await api.send("DELETE", "/webhooks/failures.xml", { query: { time } });

  expect(idsIn((await api.send("GET", "/webhooks/failures.xml")).body)).toEqual([]);
});

test("a provider neither lists nor deletes another provider's failures", async ({ api, otherApi }) => {
  const ids = await createFailures(api, ["2026-03-01T09:07:15Z"]);
  await otherApi.send("PUT", "/webhooks.json", { payload: { url: "https://hooks.example/" } });

  expect(idsIn((await otherApi.send("GET", "/webhooks/failures.xml")).body)).toEqual([]);
  await otherApi.send("DELETE", "/webhooks/failures.xml");
  expect(idsIn((await api.send("GET", "/webhooks/failures.xml")).body)).toEqual(ids);
});

test("without the webhooks capability a token is denied the list, and the provider key is not", async ({ api }) => {
  await api.pool.query("update providers set web_hooks = 'denied' where id = $1", [api.provider.id]);
  const byToken = await api.send("GET", "/webhooks/failures.xml");
  const byKey = await api.sendWithoutToken({ url: `/admin/api/webhooks/failures.xml?provider_key=${api.key}` });

  expect([byToken.statusCode, byToken.body]).toEqual([403, ""]);
  expect(byKey.statusCode).toBe(200);
});
