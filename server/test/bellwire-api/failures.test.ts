import { expect } from "vitest";
import { anEvent, buildEndpoint, recordNow } from "../support/build-webhooks.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { until } from "../support/until.ts";
import { test, type BellwireHouse } from "./bellwire-api-test.ts";

const shown = async (house: BellwireHouse, path: string) => (await house.call("GET", path)).json();

test("failures are listed from the oldest or from the newest, page by page without a repeat", async ({ house }) => {
  const { pool, provider } = house;
  const endpointId = await buildEndpoint(pool, {
    providerId: provider.id,
    url: "http://127.0.0.1:9/",
    retryWaitsSeconds: [],
  });
  await using _engine = await startTestEngine(pool);
  const ids = await recordNow(pool, { providerId: provider.id }, [anEvent(), anEvent(), anEvent()]);
  await until(async () => (await shown(house, "/failures/count")).count === 3);
  for (const [age, id] of ids.entries()) {
    await pool.query(
      `update failures set failed_at = now() - make_interval(hours => 3 - $3) where endpoint_id = $1 and event_id = $2`,
      [endpointId, id, age],
    );
  }
  const read = async (order: string) => {
    const first = await shown(house, `/failures?limit=2${order}`);
    const second = await shown(house, `/failures?limit=2${order}&after=${encodeURIComponent(first.next)}`);
    return [...first.data, ...second.data].map(({ id }) => id);
  };
  expect(await read("")).toEqual(ids);
  expect(await read("&order=newest")).toEqual(ids.toReversed());
});

test("failures are deleted only by a filter, or when all are meant", async ({ house, neighbour }) => {
  for (const { pool, provider } of [house, neighbour]) {
    await pool.query(
      `insert into failures (provider_id, endpoint_id, event_id, failed_at, error, url)
       values ($1, 1, gen_random_uuid(), now() - interval '1 hour', 'Answered 500', '')`,
      [provider.id],
    );
  }
  const refused = await house.call("DELETE", "/failures");
  expect([refused.statusCode, refused.json().errors]).toEqual([422, { all: [expect.any(String)] }]);
  expect((await house.call("DELETE", "/failures?until=2020-01-01T00:00:00Z")).json()).toMatchObject({ deleted: 0 });
  expect((await house.call("DELETE", "/failures?all=true")).json()).toMatchObject({ deleted: 1 });
  expect(await shown(neighbour, "/failures/count")).toMatchObject({ count: 1 });
});
