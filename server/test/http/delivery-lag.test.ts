import type { InjectOptions } from "fastify";
import { expect } from "vitest";
import { measureProviderLag } from "#webhooks/deliveries/index.ts";
import { systemClock } from "#platform/clock.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { buildEndpoint, recordNow } from "../support/build-webhooks.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const changes: readonly InjectOptions[] = [
  { method: "POST", url: "/api/v1/bins", payload: {} },
  { method: "POST", url: "/admin/api/signup.json", payload: { org_name: "Quay", username: "quay" } },
];

const insertReport = `
  insert into lane_reports (endpoint_id, provider_id, epoch, released, counted_in, in_flight, window_size, unanswered,
    failed_attempts)
  values ($1, $2, 1, false, 1, 1, 8, 0, $3)`;

test("while deliveries are late, only responses to changes have the header Bellwire-Delivery-Lag", async ({
  database,
}) => {
  const { accessToken, provider } = await setUp(database);
  let skippedMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + skippedMs };
  await using server = await openWebServer(database, { clock });
  const headers = { authorization: `Bearer ${accessToken}` };
  let number = 0;
  const lagOf = async (request: InjectOptions): Promise<unknown> => {
    number += 1;
    skippedMs += 2000; // the lag is measured again
    const payload = { org_name: `Quay ${number}`, username: `quay${number}` };
    const sent = request.url === "/admin/api/signup.json" ? { ...request, payload } : request;
    const answer = await server.http.inject({ ...sent, headers });
    expect(answer.statusCode).toBeLessThan(300);
    return answer.headers["bellwire-delivery-lag"];
  };
  for (const change of changes) expect(await lagOf(change)).toBeUndefined();

  const endpointId = await buildEndpoint(database, { providerId: provider.id, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId: provider.id });
  await database.query("update due set due_at = now() - interval '1 hour' where endpoint_id = $1", [endpointId]);
  await database.query(insertReport, [endpointId, provider.id, 1]); // so that no change is delayed
  for (const change of changes) {
    expect(Number(await until(() => lagOf(change)))).toBeGreaterThanOrEqual(3600);
  }
  expect(await lagOf({ method: "GET", url: "/api/v1/endpoints" })).toBeUndefined();

  await database.query("update endpoints set active = false where id = $1", [endpointId]);
  await until(async () => (await lagOf({ method: "POST", url: "/api/v1/bins", payload: {} })) === undefined);
});

test("late deliveries count as backlog unless the receiver fails, is paused by Retry-After or is at its limit", async ({
  database,
}) => {
  const { provider } = await setUp(database);
  const endpointId = await buildEndpoint(database, { providerId: provider.id, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId: provider.id });
  await database.query("update due set due_at = now() - interval '1 hour' where endpoint_id = $1", [endpointId]);
  const isBacklog = async (): Promise<boolean> => {
    const { lagSeconds, backlogSeconds } = await measureProviderLag(database, provider.id);
    expect(lagSeconds).toBeGreaterThanOrEqual(3600);
    return backlogSeconds === lagSeconds;
  };
  expect(await isBacklog()).toBe(true);
  await database.query(insertReport, [endpointId, provider.id, 0]);
  expect(await isBacklog()).toBe(true);
  for (const heldUp of ["failed_attempts = 1", "unanswered = 1", "hold = 'retry_after'", "in_flight = 8"]) {
    await database.query(
      `update lane_reports set failed_attempts = 0, unanswered = 0, hold = null, in_flight = 1 where endpoint_id = $1`,
      [endpointId],
    );
    await database.query(`update lane_reports set ${heldUp} where endpoint_id = $1`, [endpointId]);
    expect(await isBacklog(), heldUp).toBe(false);
  }
});

test("neither deliveries of other providers nor retries that wait nor held deliveries count as late", async ({
  database,
}) => {
  const [{ provider }, other] = [await setUp(database), await setUp(database)];
  const url = "http://127.0.0.1:9/";
  for (const name of ["waiting", "inactive", "paused", "deleted"])
    await buildEndpoint(database, { providerId: provider.id, url, name });
  await buildEndpoint(database, { providerId: other.provider.id, url });
  for (const each of [provider, other.provider]) await recordNow(database, { providerId: each.id });
  await database.query(
    `update due set due_at = now() + case when endpoint.name = 'waiting' then interval '1 hour' else interval '-1 hour' end
     from endpoints endpoint where endpoint.id = due.endpoint_id`,
  );
  await database.query(
    `update endpoints set active = name <> 'inactive', state = case when name = 'paused' then 'paused' else 'enabled' end,
       deleted_at = case when name = 'deleted' then now() end`,
  );
  expect(await measureProviderLag(database, provider.id)).toEqual({ lagSeconds: 0, backlogSeconds: 0 });
  expect((await measureProviderLag(database, other.provider.id)).lagSeconds).toBeGreaterThanOrEqual(3600);
});
