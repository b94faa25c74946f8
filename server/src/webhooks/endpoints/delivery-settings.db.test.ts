import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { fail } from "../../../test/support/build-failures.ts";
import { buildEndpoint, buildProvider, bySystem, encryption, recordNow } from "../../../test/support/build-webhooks.ts";
import { test } from "../../../test/support/test.ts";
import { rotateSecret } from "./change-endpoint.ts";
import { deleteOldSentSettings, readDeliverySettings, readSentSettings } from "./delivery-settings.ts";

const url = "https://crm.example/hooks?token=s3cret";
const dayMs = 86_400_000;

async function load(pool: Pool, endpointId: number, userAgent = "Bellwire/1"): Promise<number> {
  const [settings] = await readDeliverySettings(pool, encryption, { endpointIds: [endpointId], userAgent });
  if (!settings || "undecryptable" in settings) throw new Error("The settings were not read.");
  return settings.sentSettingsId;
}

const setUrl = (pool: Pool, id: number, text: string) =>
  pool.query("update endpoints set url = $2, version = version + 1 where id = $1", [
    id,
    encryption.encrypt("endpoint url", text),
  ]);

test("sent settings are recorded once per version and user agent, and never change", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url });
  const loaded = await Promise.all(Array.from({ length: 8 }, () => load(database, endpointId)));
  const [first = 0] = loaded;
  expect(new Set(loaded).size).toBe(1);

  await setUrl(database, endpointId, "https://other.example/");
  const second = await load(database, endpointId);
  await rotateSecret({ pool: database, encryption }, { providerId, id: endpointId, ...bySystem });
  const third = await load(database, endpointId);
  await database.query("update endpoints set previous_secret_until = now() where id = $1", [endpointId]);
  const fourth = await load(database, endpointId);
  const fifth = await load(database, endpointId, "Bellwire/2");

  const ids = [first, second, third, fourth, fifth];
  const sent = await readSentSettings(database, encryption, { providerId, ids });
  const secretsOf = (id: number) => sent.get(id)?.secrets.length;
  expect(ids.map((id) => [sent.get(id)?.url, secretsOf(id), sent.get(id)?.userAgent])).toEqual([
    [url, 1, "Bellwire/1"],
    ["https://other.example/", 1, "Bellwire/1"],
    ["https://other.example/", 2, "Bellwire/1"],
    ["https://other.example/", 1, "Bellwire/1"],
    ["https://other.example/", 1, "Bellwire/2"],
  ]);
});

test("settings of another provider are not read", async ({ database }) => {
  const [providerId, other] = [await buildProvider(database), await buildProvider(database)];
  const id = await load(database, await buildEndpoint(database, { providerId, url }));
  expect(await readSentSettings(database, encryption, { providerId: other, ids: [id] })).toEqual(new Map());
});

test("settings are deleted once no attempt in the history can refer to them", async ({ database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url });
  const used = await load(database, endpointId);
  await setUrl(database, endpointId, "https://other.example/");
  const current = await load(database, endpointId);
  const storedIds = async () => [
    ...(await readSentSettings(database, encryption, { providerId, ids: [used, current] })).keys(),
  ];
  const inDays = (days: number) => new Date(Date.now() + days * dayMs);

  await recordNow(database, { providerId });
  await fail(database, providerId, "now");
  expect(await deleteOldSentSettings(database, inDays(30.9), 30)).toBe(0);
  expect(await deleteOldSentSettings(database, inDays(33), 30)).toBe(0); // the failure list keeps the delivery
  await database.query("delete from failures where provider_id = $1", [providerId]);
  expect(await deleteOldSentSettings(database, inDays(33), 30)).toBe(1);
  expect(await storedIds()).toEqual([current]);

  await database.query("update endpoints set deleted_at = now() where id = $1", [endpointId]);
  expect(await deleteOldSentSettings(database, inDays(33), 30)).toBe(1);
  expect(await storedIds()).toEqual([]);
});
