import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { anEvent, buildEndpoint, recordNow } from "../support/build-webhooks.ts";
import { test, type BellwireApi } from "./bellwire-api-test.ts";

const url = "http://127.0.0.1:9/";

/** Creates a delivery of an ordered endpoint, and a second delivery that waits for the first. */
async function twoInOrder({
  pool,
  provider,
}: BellwireApi): Promise<{ endpointId: number; first: string; second: string }> {
  const endpointId = await buildEndpoint(pool, { providerId: provider.id, url, ordering: "account" });
  const [first = "", second = ""] = await recordNow(pool, { providerId: provider.id }, [anEvent(), anEvent()]);
  return { endpointId, first: `${first}.${endpointId}`, second: `${second}.${endpointId}` };
}

test("a compressed body is refused for its encoding", async ({ api }) => {
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  const refused = await api.call("POST", "/bins", { payload: gzipSync("{}"), headers });
  expect([refused.statusCode, refused.json()]).toEqual([
    415,
    expect.objectContaining({ code: "media-type-unsupported", title: expect.stringContaining("compressed") }),
  ]);
});

test("a request without a body is accepted, with and without a Content-Type", async ({ api, receiver }) => {
  const { first } = await twoInOrder(api);
  const endpointId = await buildEndpoint(api.pool, { providerId: api.provider.id, url: receiver.url, name: "crm" });
  for (const headers of [{}, { "content-type": "application/json" }]) {
    const statusOf = async (method: "POST" | "DELETE", path: string): Promise<number> =>
      (await api.call(method, path, { headers })).statusCode;
    expect(await statusOf("POST", `/deliveries/${first}/retry`)).toBe(200);
    expect(await statusOf("POST", `/endpoints/${endpointId}/ping`)).toBe(200);
    expect(await statusOf("POST", `/endpoints/${endpointId}/rotate_secret`)).toBe(200);
    expect(await statusOf("POST", "/bins")).toBe(201);
    expect(await statusOf("DELETE", "/failures?all=true")).toBe(200);
    expect(await statusOf("POST", "/failures/retry")).toBe(200);
    expect(await statusOf("POST", "/replays")).toBe(422);
  }
  expect(receiver.received.map((request) => request.headers["bellwire-test"])).toEqual(["true", "true"]);
  const bad = await api.call("POST", "/bins", { headers: { "content-type": "application/json" }, payload: "{" });
  expect([bad.statusCode, bad.json().code]).toEqual([400, "request-unreadable"]);
});

test.for([
  "/endpoints/x",
  "/endpoints/99999999999999999999",
  "/endpoints/x/secret",
  "/events/x",
  "/deliveries/x",
  "/replays/x",
  "/bins/x",
  "/event_types/user.born/sample",
])("a malformed id is not found: %s", async (path, { api }) => {
  const answer = await api.call("GET", path);
  expect([answer.statusCode, answer.json().code]).toEqual([404, "not-found"]);
});

test("retrying and deleting failures applies to those that match all given filters", async ({ api }) => {
  const { pool, provider } = api;
  const endpoints = [
    await buildEndpoint(pool, { providerId: provider.id, url }),
    await buildEndpoint(pool, { providerId: provider.id, url, name: "second" }),
  ];
  const [early = "", late = ""] = await recordNow(pool, { providerId: provider.id }, [anEvent(), anEvent()]);
  await pool.query(
    `with gone as (delete from due where provider_id = $1 returning *), ended as (
       insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
       select provider_id, event_id, endpoint_id, 'failed', 6, format from gone)
     insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url)
     select provider_id, endpoint_id, event_id, case event_id when $2 then timestamptz '2026-03-01 09:00:00Z'
       else timestamptz '2026-03-01 10:00:00Z' end, 'Answered 500', '' from gone`,
    [provider.id, early],
  );
  const [first, second] = endpoints;
  const countFailures = async (): Promise<number> => (await api.call("GET", "/failures/count")).json().count;
  const nine = "2026-03-01T09:30:00Z";
  const retry = async (filter: object): Promise<number> =>
    (await api.call("POST", "/failures/retry", { payload: filter })).json().retried;
  const remove = async (filter: string): Promise<number> =>
    (await api.call("DELETE", `/failures?${filter}`)).json().deleted;

  expect(await retry({ ids: [late], until: nine })).toBe(0);
  expect(await retry({ ids: [early], until: nine, endpoint_id: first })).toBe(1);
  expect(await remove(`ids=${late}&until=${nine}`)).toBe(0);
  expect(await remove(`endpoint_id=${first}&until=${nine}`)).toBe(0);
  expect(await countFailures()).toBe(3);
  expect(await remove(`ids=${early}&ids=${late}&endpoint_id=${second}`)).toBe(2);
  expect(await retry({})).toBe(1);
  expect(await countFailures()).toBe(0);
});
