import { expect } from "vitest";
import { readDelivery, retryDelivery } from "#webhooks/deliveries/index.ts";
import { buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

test("a second round of retries leaves the first attempt unchanged", async ({ database }) => {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  const [eventId = ""] = await recordNow(database, { providerId });
  const key = { providerId, eventId, endpointId };
  const ended = (attempts: number) =>
    until(async () => {
      const delivery = await readDelivery(database, key);
      return delivery?.state === "delivered" && delivery.attempts.length === attempts && delivery.attempts;
    });
  const [first] = await ended(1);
  await database.inTransaction((tx) => retryDelivery(tx, key));

  expect(first?.trace).toMatchObject({ connection: "new", address: "127.0.0.1", replay: 0 });
  const second = { number: 2, status: 200, trace: expect.objectContaining({ replay: 1 }) };
  expect(await ended(2)).toEqual([first, expect.objectContaining(second)]);
});
