import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { signUpAccount } from "#portal/accounts/index.ts";
import { LaneCounts, type CountedAttempt } from "../../src/webhooks/statistics/counts.ts";
import { idleLane, type LaneToWrite, writeStatistics } from "../../src/webhooks/statistics/write-statistics.ts";
import { readEndpointHealth } from "#webhooks/statistics/index.ts";
import { buildEndpoint, encryption } from "../support/build-webhooks.ts";
import { countedAttempt } from "../support/counted-attempt.ts";
import { passwords } from "../support/passwords.ts";
import { test } from "./bellwire-api-test.ts";

const minuteMs = 60_000;

const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 60 * minuteMs).toISOString();

const failed = { status: 503, end: "failed", delayMs: null } as const;

/** Counts attempts of an endpoint as its engine would. */
async function count(
  pool: Pool,
  endpoint: { readonly providerId: number; readonly endpointId: number },
  attempts: readonly CountedAttempt[],
): Promise<void> {
  const counts = new LaneCounts();
  for (const counted of attempts) counts.add(counted);
  const [report] = await pool.query<{ epoch: number; formerThrough: number }>(
    `select (select epoch from lane_reports where endpoint_id = $1), transaction_number() as former_through`,
    [endpoint.endpointId],
  );
  const formerThrough = report?.formerThrough ?? 0;
  const lane: LaneToWrite = {
    ...endpoint,
    epoch: (report?.epoch ?? 0) + 1,
    isReleased: true,
    state: idleLane,
    counts,
    base: formerThrough,
    through: formerThrough,
    isFirstWrite: true,
    known: undefined,
  };
  const written = await pool.inTransaction((tx) => writeStatistics(tx, [lane]));
  expect(written.get(endpoint.endpointId)?.result).toBe("counted");
}

const url = "http://127.0.0.1:9/hook";

test("metrics over time have a point for every interval, a total, and the values of their groups", async ({
  sharedPool: pool,
  api,
}) => {
  const providerId = api.provider.id;
  const nowMs = Date.now();
  const startMs = nowMs - (nowMs % minuteMs);
  const crm = { providerId, endpointId: await buildEndpoint(pool, { providerId, url }) };
  const billing = { providerId, endpointId: await buildEndpoint(pool, { providerId, url, name: "billing" }) };
  const atMs = startMs - 2 * minuteMs;
  await count(pool, crm, [
    countedAttempt({ atMs }),
    countedAttempt({ atMs, latencyMs: 400 }),
    countedAttempt({ atMs: startMs, ...failed }),
  ]);
  await count(pool, billing, [countedAttempt({ atMs, eventType: "user.created", number: 2 })]);
  const span = `since=${new Date(startMs - 3 * minuteMs).toISOString()}&until=${new Date(startMs + 1).toISOString()}`;
  const read = async (query: string) => (await api.call("GET", `/stats?${query}&${span}`)).json();

  const all = await read("metrics=attempts,deliveries,delivered,failures,success_rate,retries,first_attempt_successes");
  expect(all.interval).toBe("minute");
  const values = { attempts: 4, deliveries: 4, delivered: 3, failures: 1, success_rate: 0.75, retries: 1 };
  expect(all.series).toEqual([
    { group: {}, total: { ...values, first_attempt_successes: 2 }, points: expect.anything() },
  ]);
  const attemptsAt = ({ points }: { readonly points: readonly { readonly attempts: number }[] }) =>
    points.map(({ attempts }) => attempts);
  expect(attemptsAt(all.series[0])).toEqual([0, 3, 0, 1]);
  const ofBothTypes = await read("metrics=attempts&event_type=account.created&event_type=user.created");
  expect(attemptsAt(ofBothTypes.series[0])).toEqual([0, 3, 0, 1]);
  expect(all.series[0].points[0]).toMatchObject({ at: all.since, success_rate: null });

  const [measured] = (await read("metrics=latency_p50,latency_p99,delay_p95,bytes_sent,bytes_received")).series;
  expect(measured.total).toEqual({
    latency_p50: 41,
    latency_p99: 395,
    delay_p95: 83,
    bytes_sent: 4000,
    bytes_received: 40,
  });

  const totalsBy = async (query: string) =>
    (await read(`metrics=attempts&${query}`)).series.map(
      ({ group, total }: { group: object; total: { attempts: number } }) => ({ ...group, attempts: total.attempts }),
    );
  expect(await totalsBy("group_by=endpoint_id")).toEqual([
    { endpoint_id: crm.endpointId, attempts: 3 },
    { endpoint_id: billing.endpointId, attempts: 1 },
  ]);
  expect(await totalsBy("group_by=event_type")).toEqual([
    { event_type: "account.created", attempts: 3 },
    { event_type: "user.created", attempts: 1 },
  ]);
  const byOutcome = await totalsBy("group_by=outcome");
  expect(byOutcome).toHaveLength(8);
  expect(byOutcome).toEqual(
    expect.arrayContaining([
      { outcome: "2xx", attempts: 3 },
      { outcome: "5xx", attempts: 1 },
      { outcome: "tls", attempts: 0 },
    ]),
  );
  expect(await totalsBy(`endpoint_id=${billing.endpointId}`)).toEqual([{ attempts: 1 }]);
  expect(await totalsBy("event_type=account.created&event_type=user.created")).toEqual([{ attempts: 4 }]);
  expect(await totalsBy("event_type=user.created&group_by=endpoint_id")).toEqual([
    { endpoint_id: billing.endpointId, attempts: 1 },
  ]);
});

test("percentiles are those of all attempts of four weeks, however often they were written, without minutes that may be dropped", async ({
  sharedPool: pool,
  api,
}) => {
  const providerId = api.provider.id;
  const key = { providerId, endpointId: await buildEndpoint(pool, { providerId, url }) };
  const atMs = Date.now() - 27 * 24 * 60 * minuteMs;
  for (let n = 0; n < 40; n += 1)
    await count(pool, key, [countedAttempt({ atMs }), countedAttempt({ atMs, latencyMs: n < 10 ? 4000 : 400 })]);
  const span = `since=${new Date(atMs).toISOString()}&until=${new Date(atMs + 1).toISOString()}`;
  const read = async (interval: string) =>
    (await api.call("GET", `/stats?metrics=attempts,latency_p50,latency_p95&${span}&interval=${interval}`)).json()
      .series[0].total;
  expect(await read("hour")).toEqual({ attempts: 80, latency_p50: 41, latency_p95: 3756 });
  expect(await read("minute")).toMatchObject({ attempts: 0 });
});

test("accounts and applications are counted by the interval in which they were created", async ({ api, clock }) => {
  const { provider } = api;
  const values = { org_name: "Harbour", username: "mira", email: "mira@harbour.example" };
  const by = { via: "program", actor: { kind: "key" }, channel: "api" } as const;
  const now = clock.now();
  await signUpAccount(api.pool, passwords, { provider, values, requestedPlans: [], by, now });
  const { series } = (
    await api.call("GET", "/stats?metrics=accounts_created,applications_created&interval=day")
  ).json();
  expect(series[0].total).toEqual({ accounts_created: 1, applications_created: 1 });
});

test("the default interval is longer for series by endpoint than for the whole provider", async ({ api }) => {
  const pointsOf = async (hours: number, query = ""): Promise<readonly [string, number]> => {
    const answer = await api.call("GET", `/stats?metrics=attempts&since=-${hours * 60}m&until=-0m${query}`);
    const { interval, series } = answer.json();
    return [interval, series[0]?.points.length ?? 0];
  };
  await buildEndpoint(api.pool, { providerId: api.provider.id, url });
  expect([await pointsOf(5), await pointsOf(200)]).toEqual([
    ["minute", 301],
    ["hour", 201],
  ]);
  // Minutes of that time are dropped. The end of a span is not in it.
  const old = await api.call("GET", "/stats?metrics=attempts&since=2026-01-01T10:00:00Z&until=2026-01-01T12:00:00Z");
  expect(old.json()).toMatchObject({ interval: "hour", series: [{ points: [{}, {}] }] });
  const each = "&group_by=endpoint_id";
  expect([(await pointsOf(0.9, each))[0], (await pointsOf(5, each))[0], (await pointsOf(200, each))[0]]).toEqual([
    "minute",
    "hour",
    "day",
  ]);
});

test("endpoints deleted before the span count for no limit, and those deleted in it have their series", async ({
  api,
}) => {
  const { pool, provider } = api;
  const providerId = provider.id;
  const endpointId = await buildEndpoint(pool, { providerId, url });
  await count(pool, { providerId, endpointId }, [countedAttempt({ atMs: Date.now() })]);
  await pool.query(`update endpoints set deleted_at = now() where provider_id = $1`, [providerId]);
  await pool.query(
    `insert into endpoints (provider_id, name, url, url_masked, secret, retry_waits_seconds, deleted_at)
     select $1, 'former', '', '', '', '{}', now() - interval '1 day' from generate_series(1, 2000)`,
    [providerId],
  );
  const span = `since=${hoursAgo(1)}&until=${hoursAgo(-0.1)}`;
  const answer = await api.call("GET", `/stats?metrics=attempts&group_by=endpoint_id&interval=minute&${span}`);
  expect(answer.json().series).toMatchObject([{ group: { endpoint_id: endpointId }, total: { attempts: 1 } }]);
});

const manySeries = `group_by=endpoint_id,event_type${[1, 2, 3, 4, 5].map((id) => `&endpoint_id=${id}`).join("")}`;

test.for([
  ["metrics=attempts&interval=minute&since=2020-01-01T00:00:00Z", "interval"],
  ["metrics=attempts&interval=hour&since=2020-01-01T00:00:00Z", "interval"],
  ["metrics=attempts&interval=minute&since=-73h&until=-72h", "interval"],
  [`metrics=attempts&interval=minute&since=${hoursAgo(24)}&until=${hoursAgo(0)}&${manySeries}`, "interval"],
  ["metrics=latency_p50&group_by=outcome", "metrics"],
  ["metrics=accounts_created&group_by=endpoint_id", "metrics"],
  ["metrics=attempts&since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "since"],
  ["metrics=attempts&since=-1h&until=-2h", "since"],
  ["metrics=attempts&since=yesterday", "since"],
  ["metrics=attempts&since=2026-02-30T00:00:00Z", "since"],
  ["metrics=attempts&until=0001-01-01T00:00:00Z", "until"],
  ["metrics=attempts&until=1969-12-31T23:59:59Z", "until"],
  ["metrics=attempts&since=9999-12-31T23:00:00Z&until=9999-12-31T23:59:59Z", "until"],
  ["metrics=attempts,nonsense", "metrics"],
  ["metrics=attempts&group_by=account", "group_by"],
] as const)("%s is rejected with an error at %s", async ([query, field], { api }) => {
  const answer = await api.call("GET", `/stats?${query}`);
  expect([answer.statusCode, Object.keys(answer.json().errors)]).toEqual([422, [field]]);
});

test("health counts each minute of the last hour once, in the sparkline's matching point", async ({
  sharedPool: pool,
  api,
}) => {
  const key = {
    providerId: api.provider.id,
    endpointId: await buildEndpoint(pool, { providerId: api.provider.id, url }),
  };
  const now = new Date();
  const minutes = Array.from({ length: 61 }, (_, minute) =>
    countedAttempt({ atMs: now.getTime() - minute * minuteMs }),
  );
  await count(pool, key, minutes);
  const health = await readEndpointHealth({ pool, encryption, now }, { ...key, id: key.endpointId });
  expect(health?.attempts).toBe(60);
  expect(health?.sparkline.map(({ delivered }) => delivered)).toEqual(Array.from({ length: 12 }, () => 5));
});

test("health has the state, the hold and the backlog, for one endpoint and for all", async ({
  sharedPool: pool,
  api,
}) => {
  const providerId = api.provider.id;
  const failing = await buildEndpoint(pool, { providerId, url });
  const paused = await buildEndpoint(pool, { providerId, url, name: "paused" });
  await pool.query(`update endpoints set state = 'paused' where id = $1`, [paused]);
  const dueStatement = `
    insert into due (endpoint_id, event_id, provider_id, due_at, format, ordering_key, sequence)
    select $1, uuid_v7_floor(clock_timestamp() - make_interval(secs => 600)), $2, due_at, 'json', 'account/31', row_number() over ()
    from unnest($3::timestamptz[]) due_at`;
  for (const [endpointId, dueAt] of [
    [failing, "infinity"],
    [paused, "now"],
  ])
    await pool.query(dueStatement, [endpointId, providerId, [dueAt]]);

  const { data } = (await api.call("GET", "/endpoints/health")).json();
  expect(data).toMatchObject([
    { endpoint_id: failing, state: "degraded", waiting: 1, hold: null, window: null, breaker: "closed" },
    { endpoint_id: paused, state: "paused", waiting: 1, hold: "paused", sentence: "Paused. 1 delivery is held." },
  ]);
  expect(data[0].oldest_waiting_seconds).toBeGreaterThan(599);
  expect((await api.call("GET", `/endpoints/${paused}/health`)).json()).toEqual({
    ...data[1],
    oldest_waiting_seconds: expect.any(Number),
  });
});
