import { expect } from "vitest";
import { listDeliveries } from "#webhooks/deliveries/index.ts";
import { updateEndpoint } from "#webhooks/endpoints/index.ts";
import { buildEndpoint, buildProvider, bySystem, endpointNeeds, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

test.for(["3scale", "json"] as const)(
  "a 410 disables an endpoint in the format %s with a reason, and nothing more is sent",
  async (format, { database }) => {
    await using receiver = await startReceiver(410);
    await using _engine = await startTestEngine(database);
    const providerId = await buildProvider(database);
    await buildEndpoint(database, { providerId, url: receiver.url, name: "crm", format });
    await recordNow(database, { providerId });
    const disabled = await until(
      async () => (await database.query(`select disabled_reason from endpoints where state = 'disabled'`))[0],
    );
    expect(disabled).toEqual({ disabledReason: "The receiver answered 410: it is gone for good." });

    await recordNow(database, { providerId });
    const states = async () =>
      (await listDeliveries(database, { providerId, limit: 2 })).map((delivery) => delivery.state);
    await until(async () => (await states()).includes("failed")); // recorded in a batch, shortly after
    expect(await states()).toEqual(["pending", "failed"]);
    expect(receiver.received).toHaveLength(1);
  },
);

test("a 410 of the former URL does not disable an endpoint that has another URL by now", async ({ database }) => {
  const answered = Promise.withResolvers<void>();
  await using former = await startReceiver(
    (response) => void answered.promise.then(() => response.writeHead(410).end()),
  );
  await using latter = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  const id = await buildEndpoint(database, { providerId, url: former.url, name: "crm", format: "json" });
  await recordNow(database, { providerId });
  await until(() => former.received.length === 1);

  await updateEndpoint(endpointNeeds(database), { providerId, id, ...bySystem, input: { url: latter.url } });
  answered.resolve();
  await until(async () => (await listDeliveries(database, { providerId, limit: 1 }))[0]?.state === "failed");
  await recordNow(database, { providerId });
  await until(() => latter.received.length === 1);
  expect(await database.query("select state from endpoints")).toEqual([{ state: "enabled" }]);
});

test.for(["3scale", "json"] as const)(
  "the endpoint `default` in the format %s treats a 410 as any error and makes six attempts, as 3scale does",
  async (format, { database }) => {
    await using receiver = await startReceiver(410);
    await using _engine = await startTestEngine(database);
    const providerId = await buildProvider(database);
    await buildEndpoint(database, { providerId, url: receiver.url, format });
    await recordNow(database, { providerId });

    await until(async () => (await listDeliveries(database, { providerId, limit: 2 }))[0]?.state === "failed");
    expect(receiver.received).toHaveLength(6);
    expect(await database.query(`select state from endpoints`)).toEqual([{ state: "enabled" }]);
  },
);
