import { expect } from "vitest";
import { evaluateProvider, insertDefaultRules, listAlerts, muteAlert, readEndpointReadings } from "#alerts/index.ts";
import { disableEndpoint } from "#webhooks/endpoints/index.ts";
import { bySystem, buildEndpoint, buildProvider } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

test("a mute during an evaluation that notifies is kept", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "https://crm.example/hook" });
  await disableEndpoint(database, { endpointId, version: 1 }, "gone");
  await insertDefaultRules(database);
  const now = new Date();
  const endpoints = await readEndpointReadings(database, { providerId, now, retentionDays: 30 });
  const evaluate = (): Promise<void> =>
    database.inTransaction((tx) => evaluateProvider(tx, { providerId, now, pageUrl: (_, path) => path, endpoints }));
  const readAlerts = () => listAlerts(database, { providerId, isClosed: false, limit: 1 });
  await evaluate();
  const [alert] = await readAlerts();
  const change = { providerId, id: alert?.id ?? 0, isMuted: true, ...bySystem };
  await muteAlert(database, { ...change, until: new Date(0) }); // it has run out, so the next evaluation notifies

  let isMuted = false;
  const running: Promise<unknown>[] = [];
  await database.inTransaction(async (tx) => {
    await tx.query("lock table alert_rules"); // holds up the evaluation after it has read the alerts
    running.push(evaluate());
    await until(async () => (await countWaiting(database)) === 1);
    running.push(muteAlert(database, { ...change, until: null }).then(() => (isMuted = true)));
    await until(async () => isMuted || (await countWaiting(database)) === 2);
  });
  await Promise.all(running);
  expect(await readAlerts()).toMatchObject([{ isMuted: true, mutedUntil: null }]);
});
