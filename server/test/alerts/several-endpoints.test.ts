import { expect } from "vitest";
import type { Transaction } from "#platform/database/database.ts";
import { disableEndpoint } from "#webhooks/endpoints/index.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { disabled, exhausted, recovered, Scene } from "./scene.ts";

test("an alert is about the deliveries of its endpoint, and only admins of its provider receive mails", async ({
  database,
}) => {
  const [one, other] = [await Scene.open(database), await Scene.open(database)];
  const quiet = await buildEndpoint(database, { providerId: one.providerId, url: "https://bi.example", name: "bi" });
  const evaluate = async (...minutes: readonly number[]): Promise<void> => {
    for (const each of minutes) for (const scene of [one, other]) await scene.evaluate(each);
  };
  const mailsOf = async () => [await one.mails(), await other.mails()];
  await one.end("failed");
  await one.end("delivered", quiet);
  await other.end("delivered");
  await evaluate(1, 1, 1);
  expect(await mailsOf()).toEqual([[exhausted], []]);
  expect(await one.alerts(false)).toMatchObject([{ endpointName: "crm", kind: "exhausted" }]);
  expect(await other.alerts(false)).toEqual([]);

  await other.end("failed");
  await evaluate(1, 1, 1);
  expect(await mailsOf()).toEqual([[exhausted], [exhausted]]);

  await one.end("delivered");
  await evaluate(1, 6);
  expect(await mailsOf()).toEqual([[exhausted, recovered], [exhausted]]);
  await disableEndpoint(database, { endpointId: other.endpointId, version: 1 }, "its receiver is gone");
  await evaluate(1);
  expect(await mailsOf()).toEqual([
    [exhausted, recovered],
    [exhausted, disabled],
  ]);
  expect(await one.alerts(false)).toEqual([]);
  expect(await other.alerts(false)).toMatchObject([{ kind: "disabled" }, { kind: "exhausted" }]);

  // Neither the end of a short problem nor that of an alert ends the others.
  await other.attempt(0, 30);
  await evaluate(1);
  await other.attempt(300, 0);
  await evaluate(1);
  expect(await other.alerts(false)).toMatchObject([{ kind: "disabled" }, { kind: "exhausted" }]);
  await other.end("delivered");
  await evaluate(1, 6);
  expect(await other.alerts(false)).toMatchObject([{ kind: "disabled" }]);
});

test("an alert about a certificate is about the receiver of its endpoint", async ({ database }) => {
  const [scene, other] = [await Scene.open(database), await Scene.open(database)];
  const lasting = await buildEndpoint(database, {
    providerId: scene.providerId,
    url: "https://bi.example",
    name: "bi",
  });
  await scene.endWithCertificate(9);
  await scene.endWithCertificate(90, lasting);
  await other.endWithCertificate(90);
  for (const each of [scene, other]) {
    await each.evaluate();
    await each.evaluate();
  }
  expect(await scene.mails()).toEqual(["ada@acme.example crm: the certificate expires"]);
  expect(await other.mails()).toEqual([]);
});

test("the alerts of many endpoints are written together, so that no feed waits for a round trip of each", async ({
  database,
}) => {
  const scene = await Scene.open(database);
  const endpointIds = [scene.endpointId];
  for (let count = 1; count < 20; count += 1) {
    const url = `https://crm.example/${count}`;
    endpointIds.push(await buildEndpoint(database, { providerId: scene.providerId, url, name: `crm ${count}` }));
  }
  const waitsOf = async (minutes: number): Promise<number> => {
    let [waits, open] = [0, 0];
    await scene.evaluate(minutes, (tx): Transaction => ({
      ...tx,
      async query<Row>(text: string, values?: readonly unknown[]) {
        if (open === 0) waits += 1;
        open += 1;
        return tx.query<Row>(text, values).finally(() => (open -= 1));
      },
    }));
    return waits;
  };
  const quiet = await waitsOf(1);
  for (const endpointId of endpointIds) await scene.end("failed", endpointId);
  expect(await waitsOf(1)).toBeLessThan(quiet + 10); // opens them, and mails the admins
  expect(await scene.alerts(false)).toHaveLength(20);
  expect(await waitsOf(1)).toBeLessThan(quiet + 3);
  for (const endpointId of endpointIds) await scene.end("delivered", endpointId);
  expect(await waitsOf(1)).toBeLessThan(quiet + 3);
  expect(await waitsOf(6)).toBeLessThan(quiet + 10); // closes them
  expect(await scene.alerts(false)).toEqual([]);
});
