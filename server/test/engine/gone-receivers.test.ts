import { expect } from "vitest";
import { listDeliveries } from "#webhooks/deliveries/index.ts";
import { buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
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
