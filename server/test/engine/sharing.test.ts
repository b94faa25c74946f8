import { expect } from "vitest";
import { anEvent, buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const events = (count: number) => Array.from({ length: count }, (_, index) => anEvent({ accountId: index }));

test("an engine started beside the owner of all lanes gets about half, and each delivery is sent once", async ({
  database,
}) => {
  await using receiver = await startReceiver((response) => void setTimeout(() => response.writeHead(200).end(), 4));
  const providerId = await buildProvider(database);
  for (let index = 0; index < 20; index += 1)
    await buildEndpoint(database, { providerId, url: `${receiver.url}/${index}`, name: `endpoint ${index}` });
  let recorded = 0;
  const countDue = async (): Promise<number> => (await database.query("select from due")).length;
  /** Lanes are shared only while they have work, however long this machine takes to start the second engine. */
  const keepBacklog = async (): Promise<void> => {
    if ((await countDue()) > 1000) return;
    await recordNow(database, { providerId }, events(50));
    recorded += 50;
  };
  await keepBacklog();
  await using one = await startTestEngine(database, { inFlightMax: 8 });
  await until(() => one.engine.lanes === 20 && receiver.received.length > 50);

  await using other = await startTestEngine(database, { inFlightMax: 8 });
  await until(async () => {
    await keepBacklog();
    return other.engine.lanes >= 8 && one.engine.lanes <= 12;
  });

  await until(async () => (await countDue()) === 0);
  expect(receiver.received).toHaveLength(20 * recorded);
  expect(one.warnings).toEqual([]);
});
