import { expect } from "vitest";
import type { Database, Pool } from "#platform/database/database.ts";
import { fail } from "../../../test/support/build-failures.ts";
import { countWaiting } from "../../../test/support/count-waiting.ts";
import {
  buildEndpoint,
  buildProvider,
  bySystem,
  encryption,
  endpointNeeds,
  recordNow,
} from "../../../test/support/build-webhooks.ts";
import { test } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import { createEncryption } from "#platform/encryption.ts";
import {
  deleteFailuresForUndo,
  listFailures,
  purgeDeletedFailures,
  restoreBatch,
  undoDeletion,
} from "#webhooks/deliveries/index.ts";
import {
  cancelDueOfDeletedEndpoints,
  deleteEndpoint,
  restoreEndpoint,
  rotateSecret,
  updateEndpoint,
} from "./change-endpoint.ts";
import {
  deleteOldSentSettings,
  eraseDeletedEndpoint,
  readDeliverySettings,
  readSentSettings,
  reencryptSentSettings,
} from "./delivery-settings.ts";
import { readEndpoint, reencryptEndpoints } from "./endpoint-table.ts";

const url = "https://crm.example/hooks?token=s3cret";
const dayMs = 86_400_000;

async function load(db: Database, endpointId: number, userAgent = "Bellwire/1"): Promise<number> {
  const [settings] = await readDeliverySettings(db, encryption, { endpointIds: [endpointId], userAgent });
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
  const { first, others } = await database.inTransaction(async (tx) => {
    const recorded = await load(tx, endpointId);
    const loading = [load(database, endpointId), load(database, endpointId)];
    await until(async () => (await countWaiting(database)) === 2); // for the record of the first
    return { first: recorded, others: loading };
  });
  expect(await Promise.all(others)).toEqual([first, first]);

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

test.for([
  ["copying", "enabled"],
  ["draining", "paused"],
  ["frozen", "paused"],
  ["left", "paused"],
  ["arrived", "enabled"],
] as const)("while a move of the provider is %s, engines see its endpoints %s", async ([move, state], { database }) => {
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url });
  await database.query("insert into provider_moves (provider, id, state) values ($1, gen_random_uuid(), $2)", [
    providerId,
    move,
  ]);
  const [settings] = await readDeliverySettings(database, encryption, { endpointIds: [endpointId], userAgent: "B/1" });
  expect(settings).toMatchObject({ state });
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
  await fail(database, providerId, "an hour ago");
  expect(await deleteOldSentSettings(database, inDays(30.9), 30)).toBe(0);
  expect(await deleteOldSentSettings(database, inDays(33), 30)).toBe(0); // the failure list keeps the delivery
  await deleteFailuresForUndo(database, { providerId }, bySystem);
  expect(await deleteOldSentSettings(database, inDays(33), 30)).toBe(0); // an undo returns it to the list
  await database.query("delete from deleted_failures where provider_id = $1", [providerId]);
  expect(await deleteOldSentSettings(database, inDays(33), 30)).toBe(1);
  expect(await storedIds()).toEqual([current]);

  await database.query("update endpoints set deleted_at = now() where id = $1", [endpointId]);
  expect(await deleteOldSentSettings(database, inDays(33), 30)).toBe(1);
  expect(await storedIds()).toEqual([]);
});

/** Returns the decrypted values of all tables, whatever they are for. */
async function readDecrypted(pool: Pool): Promise<readonly string[]> {
  const columns = await pool.query<{ table: string; name: string }>(
    `select table_name as table, column_name as name from information_schema.columns
     where table_schema = current_schema() and data_type = 'bytea'`,
  );
  const values = await Promise.all(
    columns.map(({ table, name }) =>
      pool.query<{ value: Buffer }>(`select ${name} as value from ${table} where ${name} is not null`),
    ),
  );
  const decrypted = (purpose: string, value: Buffer): readonly string[] => {
    try {
      return [encryption.decrypt(purpose, value)];
    } catch {
      return [];
    }
  };
  const purposes = ["endpoint url", "endpoint headers", "endpoint secret"];
  return values.flat().flatMap(({ value }) => purposes.flatMap((purpose) => decrypted(purpose, value)));
}

/** Builds an endpoint with all kinds of secrets, which it has sent, and which a failure has. */
async function buildUsedEndpoint(pool: Pool) {
  const providerId = await buildProvider(pool);
  const id = await buildEndpoint(pool, { providerId, url });
  const needs = endpointNeeds(pool);
  await updateEndpoint(needs, {
    providerId,
    id,
    input: { headers: { "X-Key": "k3y" }, description: "Ann's CRM" },
    ...bySystem,
  });
  await rotateSecret(needs, { providerId, id, ...bySystem });
  const withPrevious = await load(pool, id);
  await pool.query("update endpoints set previous_secret_until = now()");
  const withoutPrevious = await load(pool, id);
  await recordNow(pool, { providerId });
  await fail(pool, providerId, "an hour ago");
  await pool.query("update failures set url = (select url from endpoints)");
  return { key: { providerId, id }, sentIds: [withPrevious, withoutPrevious] };
}

const deleteFinally = async (pool: Pool, key: { readonly providerId: number; readonly id: number }): Promise<void> => {
  await deleteEndpoint(pool, { ...key, ...bySystem });
  await pool.query("update endpoints set deleted_at = deleted_at - interval '66 seconds' where id = $1", [key.id]);
};

test("once its deletion can no longer be undone, nothing contains a secret of an endpoint", async ({ database }) => {
  const { key, sentIds } = await buildUsedEndpoint(database);
  const secret = /s3cret|k3y|whsec_/;
  const before = (await readDecrypted(database)).filter((value) => secret.test(value));
  expect(before).toHaveLength(4 + 1 + 4 + 3); // the endpoint, its failure, and its sent settings with and without a previous secret

  await deleteEndpoint(database, { ...key, ...bySystem });
  expect(await eraseDeletedEndpoint(database, encryption)).toBe(false);
  expect(await restoreEndpoint(endpointNeeds(database), { ...key, ...bySystem })).toMatchObject({ url });

  await deleteFinally(database, key);
  expect(await eraseDeletedEndpoint(database, encryption)).toBe(true);
  expect(await eraseDeletedEndpoint(database, encryption)).toBe(false);
  expect((await readDecrypted(database)).filter((value) => secret.test(value))).toEqual([]);
  const [row] = await database.query<object>("select * from endpoints");
  expect(row).toMatchObject({
    name: "default",
    url: null,
    urlMasked: "",
    headers: null,
    secret: null,
    description: null,
  });

  const masked = "https://crm.example/hooks?token=…";
  expect(await listFailures(database, encryption, key)).toMatchObject([{ endpointName: "default", url: masked }]);
  const sent = await readSentSettings(database, encryption, { ...key, ids: sentIds });
  expect(sentIds.map((id) => sent.get(id))).toMatchObject(
    sentIds.map(() => ({ url: masked, headers: { "X-Key": "…" }, secrets: [], undecryptable: null })),
  );
});

test("what is left of an erased endpoint is encrypted with a newer key like anything else", async ({ database }) => {
  const { key, sentIds } = await buildUsedEndpoint(database);
  await deleteFinally(database, key);
  await eraseDeletedEndpoint(database, encryption);
  const [newKey, oldKey] = [Buffer.alloc(32, 8), Buffer.alloc(32, 7)];
  const both = createEncryption([newKey, oldKey]);
  expect(await reencryptEndpoints(database, both)).toEqual({ done: 0, left: 0 });
  expect(await reencryptSentSettings(database, both)).toEqual({ done: 2, left: 0 });
  const sent = await readSentSettings(database, createEncryption([newKey]), { ...key, ids: sentIds });
  expect([...sent.values()].map((each) => each.undecryptable)).toEqual([null, null]);
});

test("engines read the settings of an endpoint again once they are encrypted with a newer key", async ({
  database,
}) => {
  const { key } = await buildUsedEndpoint(database);
  const both = createEncryption([Buffer.alloc(32, 8), Buffer.alloc(32, 7)]);
  const before = await readEndpoint(database, encryption, key);
  expect(await reencryptEndpoints(database, both)).toEqual({ done: 1, left: 0 });
  expect(await readEndpoint(database, both, key)).toEqual({ ...before, version: Number(before?.version) + 1 });
});

test("settings that no key decrypts are deleted, because they cannot be masked", async ({ database }) => {
  const { key } = await buildUsedEndpoint(database);
  await deleteFinally(database, key);
  expect(await eraseDeletedEndpoint(database, createEncryption([Buffer.alloc(32, 9)]))).toBe(true);
  expect(await database.query("select from sent_settings")).toEqual([]);
});

test("an endpoint is erased after its last delivery has ended, and after its deleted failures", async ({
  database,
}) => {
  const { key } = await buildUsedEndpoint(database);
  await recordNow(database, key);
  await deleteFinally(database, key);
  expect(await eraseDeletedEndpoint(database, encryption)).toBe(false);
  await database.inTransaction(cancelDueOfDeletedEndpoints);
  const { deletion } = await deleteFailuresForUndo(database, { providerId: key.providerId }, bySystem);
  expect(await eraseDeletedEndpoint(database, encryption)).toBe(false);
  await database.inTransaction((tx) => undoDeletion(tx, key.providerId, deletion.id));
  await restoreBatch(database, { providerId: key.providerId, id: deletion.id });
  await purgeDeletedFailures(database);
  expect(await eraseDeletedEndpoint(database, encryption)).toBe(true);
  expect(await listFailures(database, encryption, key)).toMatchObject([{ url: "https://crm.example/hooks?token=…" }]);
});

test.for([{ when: "have returned by then" }, { when: "return afterwards" }])(
  "an endpoint is not erased before failures that were deleted while its other ones were masked, and $when",
  async ({ when }, { database }) => {
    const { key } = await buildUsedEndpoint(database);
    const { providerId } = key;
    await recordNow(database, key);
    await fail(database, providerId, "an hour ago");
    await database.query("update failures set url = (select url from endpoints)");
    const failures = await database.query<{ eventId: string }>("select event_id from failures order by event_id");
    await deleteFinally(database, key);
    let erased: Promise<unknown> = Promise.resolve();
    const eventIds = failures.slice(1).map(({ eventId }) => eventId);
    const undo = async (id: number) => {
      await database.inTransaction((tx) => undoDeletion(tx, providerId, id));
      expect(await restoreBatch(database, { providerId, id })).toMatchObject({ restored: eventIds.length });
    };
    const deletion = await database.inTransaction(async (tx) => {
      await tx.query("select from failures where event_id = $1 for update", [failures[0]?.eventId]);
      erased = eraseDeletedEndpoint(database, encryption);
      await until(() => countWaiting(database));
      const { deletion: made } = await deleteFailuresForUndo(database, { providerId, eventIds }, bySystem);
      if (when === "have returned by then") await undo(made.id);
      return made;
    });
    await erased;
    if (when === "return afterwards") await undo(deletion.id);
    expect(await eraseDeletedEndpoint(database, encryption)).toBe(true);
    const masked = { url: "https://crm.example/hooks?token=…" };
    expect(await listFailures(database, encryption, key)).toMatchObject(failures.map(() => masked));
    expect(await eraseDeletedEndpoint(database, encryption)).toBe(false);
  },
);

test("an endpoint is erased even if no key decrypts the URL of a failure, which stays", async ({ database }) => {
  const { key } = await buildUsedEndpoint(database);
  const lost = createEncryption([Buffer.alloc(32, 9)]).encrypt("endpoint url", url);
  await database.query("update failures set url = $1", [lost]);
  await deleteFinally(database, key);
  expect(await eraseDeletedEndpoint(database, encryption)).toBe(true);
  expect(await eraseDeletedEndpoint(database, encryption)).toBe(false);
  expect(await database.query("select url from failures")).toEqual([{ url: lost }]);
});

test("a process that stops does not wait until all failures are masked, and the next one completes it", async ({
  database,
}) => {
  const { key } = await buildUsedEndpoint(database);
  await deleteFinally(database, key);
  expect(await eraseDeletedEndpoint(database, encryption, AbortSignal.abort())).toBe(false);
  expect(await listFailures(database, encryption, key)).toMatchObject([{ url }]);
  expect(await eraseDeletedEndpoint(database, encryption)).toBe(true);
});

test("an erased endpoint cannot be restored", async ({ database }) => {
  const { key } = await buildUsedEndpoint(database);
  await deleteFinally(database, key);
  await eraseDeletedEndpoint(database, encryption);
  await expect(database.query("update endpoints set deleted_at = null")).rejects.toMatchObject({ code: "23514" });
});
