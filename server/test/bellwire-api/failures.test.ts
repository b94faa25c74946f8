import { expect } from "vitest";
import { buildHistory } from "../search/build-history.ts";
import { anEvent, buildEndpoint, recordNow } from "../support/build-webhooks.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { until } from "../support/until.ts";
import { test, type BellwireApi } from "./bellwire-api-test.ts";

const shown = async (api: BellwireApi, path: string) => (await api.call("GET", path)).json();

test("failures are listed oldest or newest first, in pages without repeats", async ({ api }) => {
  const { pool, provider } = api;
  const endpointId = await buildEndpoint(pool, {
    providerId: provider.id,
    url: "http://127.0.0.1:9/",
    retryWaitsSeconds: [],
  });
  await using _engine = await startTestEngine(pool);
  const ids = await recordNow(pool, { providerId: provider.id }, [anEvent(), anEvent(), anEvent()]);
  await until(async () => (await shown(api, "/failures/count")).count === 3);
  for (const [age, id] of ids.entries()) {
    await pool.query(
      `update failures set failed_at = now() - make_interval(hours => 3 - $3) where endpoint_id = $1 and event_id = $2`,
      [endpointId, id, age],
    );
  }
  const read = async (order: string) => {
    const first = await shown(api, `/failures?limit=2${order}`);
    const second = await shown(api, `/failures?limit=2${order}&after=${encodeURIComponent(first.next)}`);
    return [...first.data, ...second.data].map(({ id }) => id);
  };
  expect(await read("")).toEqual(ids);
  expect(await read("&order=newest")).toEqual(ids.toReversed());
});

test("deleting failures requires a filter or `all`", async ({ api, otherApi }) => {
  for (const { pool, provider } of [api, otherApi]) {
    await pool.query(
      `insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url)
       values ($1, 1, gen_random_uuid(), now() - interval '1 hour', 'Answered 500', '')`,
      [provider.id],
    );
  }
  const refused = await api.call("DELETE", "/failures");
  expect([refused.statusCode, refused.json().errors]).toEqual([422, { all: [expect.any(String)] }]);
  expect((await api.call("DELETE", "/failures?until=2020-01-01T00:00:00Z")).json()).toMatchObject({ deleted: 0 });
  expect((await api.call("DELETE", "/failures?all=true")).json()).toMatchObject({ deleted: 1 });
  expect(await shown(otherApi, "/failures/count")).toMatchObject({ count: 1 });
});

interface ListedFailure {
  readonly delivery_id: string;
  readonly endpoint_id: number;
  readonly event_type: string;
  readonly account_name: string;
  readonly failed_at: string;
  readonly error: string;
}

const insertFailures = `
  with failed as (
    select *, row_number() over (order by event_id, endpoint_id) as age from deliveries
    where provider_id = $1 and state = 'failed'
  ), bodies as (
    insert into payloads (provider_id, event_id, format, body, context)
    select distinct on (event_id, format) provider_id, event_id, format, ''::bytea, '{}'::json from failed
  )
  insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url)
  select provider_id, endpoint_id, event_id, now() - age * interval '1 hour', (
      select error from attempts
      where attempts.provider_id = failed.provider_id and attempts.event_id = failed.event_id
        and attempts.endpoint_id = failed.endpoint_id
      order by number desc limit 1
    ), (select url from endpoints where endpoints.provider_id = failed.provider_id and endpoints.id = failed.endpoint_id)
  from failed`;

test("the list, the count and a job apply a filter to the same failures", async ({ api }) => {
  const { endpointIds } = await buildHistory(api.pool, { providerId: api.provider.id, eventCount: 70 });
  await api.pool.query(insertFailures, [api.provider.id]);
  const list = async (filter: object): Promise<readonly ListedFailure[]> => {
    const query = Object.entries(filter).flatMap(([name, value]) => [value].flat().map((each) => [name, String(each)]));
    const parameters = new URLSearchParams([["limit", "200"], ["order", "newest"], ...query]);
    return (await shown(api, `/failures?${parameters.toString()}`)).data;
  };
  const all = await list({});
  const [from, to] = [8, 3].map((hours) => new Date(Date.now() - hours * 3_600_000).toISOString());
  const someEndpoints = endpointIds.slice(1);
  const filters: readonly (readonly [object, (failure: ListedFailure) => boolean])[] = [
    [{ endpoint_id: someEndpoints }, ({ endpoint_id }) => someEndpoints.includes(endpoint_id)],
    [{ endpoint_id: endpointIds.slice(0, 1) }, ({ endpoint_id }) => endpoint_id === endpointIds[0]],
    [{ event_type: ["account.*"] }, ({ event_type }) => event_type.startsWith("account.")],
    [{ since: from, until: to }, ({ failed_at }) => failed_at >= `${from}` && failed_at < `${to}`],
    [{ status: ["5xx", "404"] }, ({ error }) => /^Answered (5|404)/.test(error)],
    [{ error_class: ["timeout", "tls"] }, ({ error }) => /^(No connection|The certificate)/.test(error)],
    [{ account: "harbour" }, ({ account_name }) => account_name.startsWith("Harbour")],
    [
      { q: "harbour answered" },
      ({ account_name, error }) => account_name.startsWith("Harbour") && error.startsWith("Answered"),
    ],
  ];
  for (const [filter, isMatch] of filters) {
    const matching = all.filter(isMatch).map(({ delivery_id }) => delivery_id);
    expect(matching.length, JSON.stringify(filter)).toBeGreaterThan(0);
    expect(matching.length, JSON.stringify(filter)).toBeLessThan(all.length);
    expect((await list(filter)).map(({ delivery_id }) => delivery_id)).toEqual(matching);
    const query = Object.entries(filter).flatMap(([name, value]) => [value].flat().map((each) => [name, String(each)]));
    const counted = await shown(api, `/failures/count?${new URLSearchParams(query).toString()}`);
    const payload = { kind: "retry", of: "failures", filter, dry_run: true };
    const { total } = (await api.call("POST", "/jobs", { payload })).json();
    expect([counted.count, total]).toEqual([matching.length, matching.length]);
  }
});

test.for([
  ["ΣΊΣΥΦΟΣ", ["ΣΊΣΥΦΟΣ", "σίσυφος", "Σίσυφοσ", "ΣΊΣ", "υφος"]],
  ["İzmir Çınar", ["İzmir", "İZM", "i\u0307zmir", "çıNAR"]],
] as const)(
  "words find the failures and deliveries of %s in any case, and the same ones",
  async ([name, words], { api }) => {
    const { pool, provider } = api;
    await buildEndpoint(pool, { providerId: provider.id, url: "http://127.0.0.1:9/", retryWaitsSeconds: [] });
    const [eventId] = await recordNow(pool, { providerId: provider.id }, [
      anEvent({ accountName: name }),
      anEvent({ accountName: "Ferry", accountId: 32 }),
    ]);
    await using _engine = await startTestEngine(pool);
    await until(async () => (await shown(api, "/failures")).data.length === 2);
    for (const word of words) {
      const failures = (await shown(api, `/failures?q=${word}`)).data;
      const deliveries = (await shown(api, `/deliveries?q=${word}`)).data;
      expect([failures, deliveries], word).toMatchObject([[{ id: eventId }], [{ event_id: eventId }]]);
    }
  },
);

test("deleting up to a time removes exactly the failures that the list up to that time contains", async ({ api }) => {
  await buildHistory(api.pool, { providerId: api.provider.id, eventCount: 70 });
  await api.pool.query(insertFailures, [api.provider.id]);
  const [{ failed_at: newest = "" } = {}] = (await shown(api, "/failures?order=newest&limit=1")).data;
  const second = newest.replace(/\.\d+Z$/, "Z"); // the failure is later than this time, within its second
  await api.pool.query("update failures set failed_at = date_trunc('second', failed_at) + interval '500 ms'");
  const parameters = `until=${encodeURIComponent(second)}`;
  const { count } = await shown(api, `/failures/count?${parameters}`);
  const listed = await shown(api, `/failures?${parameters}&limit=200`);
  const payload = { kind: "retry", of: "failures", filter: { until: second }, dry_run: true };
  const { total } = (await api.call("POST", "/jobs", { payload })).json();
  const { deleted } = (await api.call("DELETE", `/failures?${parameters}`)).json();
  expect([listed.data.length, total, deleted]).toEqual([count, count, count]);
  expect(listed.data.length).toBeGreaterThan(0);
  expect(listed.data.map((failure: ListedFailure) => failure.failed_at)).toContain(second.replace("Z", ".500Z"));
});
