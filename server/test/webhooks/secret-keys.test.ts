import { expect } from "vitest";
import { createEncryption, verifyKeys } from "#platform/encryption.ts";
import {
  createAuthenticationProvider,
  listAuthenticationProviders,
  reencryptAuthenticationProviders,
} from "#portal/single-sign-on/index.ts";
import {
  deleteFailuresForUndo,
  listDeliveries,
  listFailures,
  reencryptFailures,
  restoreBatch,
  undoDeletion,
} from "#webhooks/deliveries/index.ts";
import {
  listEndpoints,
  readEndpoint,
  readSentSettings,
  reencryptEndpoints,
  reencryptSentSettings,
  updateEndpoint,
} from "#webhooks/endpoints/index.ts";
import { runCommandLine } from "../../src/cli/command.ts";
import { fail } from "../support/build-failures.ts";
import {
  buildEndpoint,
  buildProvider,
  bySystem,
  encryption,
  endpointNeeds,
  recordNow,
} from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

/** The key of build-webhooks.ts, and two unused ones. */
const oldKey = Buffer.alloc(32, 7);
const newKey = Buffer.alloc(32, 8);
const lostKey = Buffer.alloc(32, 9);
const lost = createEncryption([lostKey]);

async function rekey(databaseUrl: string, keys: readonly Buffer[]): Promise<[number, string]> {
  const lines: string[] = [];
  const code = await runCommandLine(["rekey"], {
    env: { DATABASE_URL: databaseUrl, BELLWIRE_SECRET_KEY: keys.map((key) => key.toString("base64")).join(",") },
    roles: [],
    serve: async () => 1,
    print: (line) => lines.push(line),
    printStatus: (line) => lines.push(line),
  });
  return [code, lines.join("\n")];
}

test.concurrent("an undecryptable endpoint holds only its own deliveries, until its URL is entered again", async ({
  database,
}) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  const broken = await buildEndpoint(database, { providerId, url: receiver.url, name: "broken" });
  const good = await buildEndpoint(database, { providerId, url: receiver.url, name: "good" });
  await database.query("update endpoints set url = $2, secret = $3 where id = $1", [
    broken,
    lost.encrypt("endpoint url", receiver.url),
    lost.encrypt("endpoint secret", "whsec_"),
  ]);
  await using running = await startTestEngine(database);
  await recordNow(database, { providerId });
  const delivered = async () =>
    (await listDeliveries(database, { providerId, limit: 9 })).filter(({ state }) => state === "delivered");
  await until(async () => (await delivered()).length === 1);
  await until(() => running.engine.undecryptable === 1);
  expect((await delivered())[0]?.endpointId).toBe(good);
  expect(running.warnings).toContain("an endpoint cannot be decrypted; its deliveries are held until it can");
  // Another process may have the key, so it can claim the lane.
  await until(async () => (await database.query("select from lanes where owner is null")).length >= 1);

  const needs = endpointNeeds(database);
  const change = { providerId, id: broken, ...bySystem };
  const refused = await updateEndpoint(needs, { ...change, input: { description: "x" } });
  expect(refused).toEqual({ refused: { url: [expect.stringContaining("enter it again")] } });
  const repaired = await updateEndpoint(needs, { ...change, input: { url: receiver.url } });
  expect(repaired).toMatchObject({ undecryptable: null, secrets: [expect.stringMatching(/^whsec_.{40}/)] });
  await until(async () => (await delivered()).length === 2);
  expect(running.engine.undecryptable).toBe(0);
});

test.concurrent("an endpoint changed to a value that this process cannot decrypt receives nothing more", async ({
  database,
}) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  await using other = await startReceiver();
  const id = await buildEndpoint(database, { providerId, url: receiver.url });
  await buildEndpoint(database, { providerId, url: other.url, name: "other" });
  await using running = await startTestEngine(database);
  await recordNow(database, { providerId });
  await until(() => receiver.received.length === 1 && other.received.length === 1);
  await database.inTransaction(async (tx) => {
    const url = lost.encrypt("endpoint url", receiver.url);
    await tx.query("update endpoints set url = $2, version = version + 1 where id = $1", [id, url]);
    tx.hintAfterCommit("endpoints", String(id));
  });
  await until(() => running.warnings.some((line) => line.startsWith("an endpoint cannot be decrypted")));
  await recordNow(database, { providerId });
  await until(() => other.received.length === 2);
  // The new row names another version of the endpoint, so its settings are read again.
  await until(() => running.engine.undecryptable === 1);
  expect(receiver.received).toHaveLength(1);
});

test.concurrent("lists show undecryptable endpoints and failures with the reason, and the others as usual", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const id = await buildEndpoint(database, { providerId, url: "https://hooks.example/" });
  await recordNow(database, { providerId });
  await fail(database, providerId, "an hour ago");
  await database.query("update endpoints set url = $1", [lost.encrypt("endpoint url", "https://lost.example/")]);
  await database.query("update failures set url = $1", [lost.encrypt("endpoint url", "https://lost.example/")]);
  expect(await readEndpoint(database, encryption, { providerId, id })).toMatchObject({
    url: "",
    undecryptable: expect.stringContaining("another BELLWIRE_SECRET_KEY"),
    secrets: [expect.stringMatching(/^whsec_/)],
  });
  expect(await listEndpoints(database, encryption, { providerId, limit: 9 })).toHaveLength(1);
  expect(await listFailures(database, encryption, { providerId })).toMatchObject([{ url: "" }]);
});

test.concurrent("an endpoint that is changed while rekey runs keeps its change", async ({ database }) => {
  const providerId = await buildProvider(database);
  const id = await buildEndpoint(database, { providerId, url: "https://crm.example/hook" });
  const rekeyed = createEncryption([newKey, oldKey]);
  const url = "https://billing.example/hook";
  const { running } = await database.inTransaction(async (tx) => {
    await tx.query("update endpoints set url = $2 where id = $1", [id, rekeyed.encrypt("endpoint url", url)]);
    const waiting = { running: reencryptEndpoints(database, rekeyed) };
    await until(() => countWaiting(database));
    return waiting;
  });
  expect(await running).toMatchObject({ done: 1, left: 0 });
  expect(await readEndpoint(database, rekeyed, { providerId, id })).toMatchObject({ url, undecryptable: null });
});

test.concurrent("sent settings that are masked while rekey runs stay masked", async ({ database }) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "https://crm.example/hook" });
  const rekeyed = createEncryption([newKey, oldKey]);
  const masked = encryption.encrypt("endpoint url", "https://crm.example/…");
  await database.query(`
    insert into sent_settings (provider_id, endpoint_id, version, url, secret, event_source, user_agent)
    select provider_id, id, version, url, secret, '', '' from endpoints`);
  const { running } = await database.inTransaction(async (tx) => {
    await tx.query("update sent_settings set url = $1", [masked]);
    const waiting = { running: reencryptSentSettings(database, rekeyed) };
    await until(() => countWaiting(database));
    return waiting;
  });
  expect(await running).toEqual({ done: 1, left: 0 });
  const [row] = await database.query<{ url: Buffer }>("select url from sent_settings");
  expect(row && createEncryption([newKey]).decrypt("endpoint url", row.url)).toBe("https://crm.example/…");
});

test.concurrent("a client secret that is changed while rekey runs keeps its change", async ({ database }) => {
  const portal = { providerId: await buildProvider(database), accountType: "developer" } as const;
  const by = { actor: { kind: "system" }, channel: "system", now: new Date(0) } as const;
  const add = (client_secret: string) =>
    createAuthenticationProvider(
      { pool: database, encryption },
      { ...portal, values: { kind: "github", client_id: "portal", client_secret }, by },
    );
  await add("low tide");
  const rekeyed = createEncryption([newKey, oldKey]);
  const { running } = await database.inTransaction(async (tx) => {
    const secret = encryption.encrypt("authentication provider secret", "high tide");
    await tx.query("update authentication_providers set client_secret = $1", [secret]);
    const waiting = { running: reencryptAuthenticationProviders(database, rekeyed) };
    await until(() => countWaiting(database));
    return waiting;
  });
  expect(await running).toEqual({ done: 1, left: 0 });
  const needs = { pool: database, encryption: createEncryption([newKey]) };
  expect(await listAuthenticationProviders(needs, portal)).toMatchObject([{ clientSecret: "high tide" }]);
});

test.concurrent.for(["failures", "deleted_failures"])(
  "rekey leaves a row of %s that another transaction changes, which keeps its URL",
  async (table, { database }) => {
    const providerId = await buildProvider(database);
    await buildEndpoint(database, { providerId, url: "https://crm.example/hook" });
    await recordNow(database, { providerId });
    await fail(database, providerId, "an hour ago");
    if (table === "deleted_failures") await deleteFailuresForUndo(database, { providerId }, bySystem);
    const rekeyed = createEncryption([newKey, oldKey]);
    const url = "https://billing.example/hook";
    await database.inTransaction(async (tx) => {
      await tx.query(`update ${table} set url = $1`, [encryption.encrypt("endpoint url", url)]);
      const waits = until(() => countWaiting(database)).then(() => "waits");
      expect(await Promise.race([reencryptFailures(database, rekeyed), waits])).toEqual({ done: 0, left: 1 });
    });
    expect(await reencryptFailures(database, rekeyed)).toEqual({ done: 1, left: 0 });
    const [row] = await database.query<{ url: Buffer }>(`select url from ${table}`);
    expect(row && createEncryption([newKey]).decrypt("endpoint url", row.url)).toBe(url);
  },
);

test.concurrent("rekey encrypts everything with the newest key while an engine delivers, so the old key is no longer needed", async ({
  database,
  databaseUrl,
}) => {
  await using receiver = await startReceiver();
  const providerId = await buildProvider(database);
  const failing = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/", name: "failing" });
  await recordNow(database, { providerId });
  await fail(database, providerId, "an hour ago");
  await database.query("update endpoints set headers = $2, active = false where id = $1", [
    failing,
    encryption.encrypt("endpoint headers", `{"x-key":"1"}`),
  ]);
  await buildEndpoint(database, { providerId, url: receiver.url, name: "good" });
  await database.query(
    "insert into idempotency_keys (provider_id, caller, key, digest, response) values ($1, 'key', 'old', '', $2)",
    [providerId, encryption.encrypt("recorded response", "{}")],
  );
  await verifyKeys(database, encryption);
  await using _engine = await startTestEngine(database, { keys: [newKey, oldKey] });
  await recordNow(database, { providerId });
  await until(() => receiver.received.length === 1);

  const [code, printed] = await rekey(databaseUrl, [newKey, oldKey]);
  const oldId = encryption.keyIds[0]?.toString("hex");
  expect([code, printed]).toEqual([
    0,
    `re-encrypted 4 endpoints, failures, settings of past requests and authentication providers\nkey ${oldId} is not used any more: remove it from BELLWIRE_SECRET_KEY and restart every process`,
  ]);
  const newest = createEncryption([newKey]);
  await verifyKeys(database, newest);
  const endpoints = await listEndpoints(database, newest, { providerId, limit: 9 });
  expect(endpoints.map((each) => [each.url, each.headers, each.undecryptable])).toEqual([
    ["http://127.0.0.1:9/", { "x-key": "1" }, null],
    [receiver.url, {}, null],
  ]);
  expect(endpoints.every((each) => each.secrets.length === 1)).toBe(true);
  const sent = await database.query<{ id: number }>("select id from sent_settings where provider_id = $1", [
    providerId,
  ]);
  const settings = await readSentSettings(database, newest, { providerId, ids: sent.map(({ id }) => id) });
  expect([...settings.values()].map((each) => [each.url, each.undecryptable])).toContainEqual([receiver.url, null]);
  expect([...settings.values()].every((each) => each.undecryptable === null)).toBe(true);
  expect(await listFailures(database, newest, { providerId })).toMatchObject([{ url: "https://hooks.example/3s" }]);
  expect(await database.query("select response from idempotency_keys")).toEqual([{ response: null }]);
  await recordNow(database, { providerId });
  await until(() => receiver.received.length === 2);
});

test.concurrent("rekey reports values that it cannot encrypt, and keeps their keys", async ({
  database,
  databaseUrl,
}) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "https://hooks.example/" });
  await buildEndpoint(database, { providerId, url: "https://hooks.example/", name: "broken" });
  await database.query("update endpoints set secret = $1 where name = 'broken'", [
    lost.encrypt("endpoint secret", "whsec_"),
  ]);
  await verifyKeys(database, encryption);
  const [code, printed] = await rekey(databaseUrl, [newKey, oldKey]);
  expect([code, printed]).toEqual([
    1,
    expect.stringContaining(
      "1 endpoints, failures, settings of past requests or authentication providers are not encrypted with the newest key",
    ),
  ]);
  await expect(verifyKeys(database, createEncryption([newKey]))).rejects.toThrow("Give that key too");
});

// A column unknown to rekey stays encrypted with a key that is then removed.
test.concurrent("each bytea column is either encrypted by rekey, or listed as plain", async ({ database }) => {
  const reencrypted = new Set([
    "authentication_providers.client_secret",
    "endpoints.url",
    "endpoints.headers",
    "endpoints.secret",
    "endpoints.previous_secret",
    "failures.url",
    "deleted_failures.url",
    "idempotency_keys.response", // forgotten instead
    "sent_settings.url",
    "sent_settings.headers",
    "sent_settings.secret",
    "sent_settings.previous_secret",
  ]);
  const columns = await database.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = current_schema() and data_type = 'bytea'
       and table_name not in (select inhrelid::regclass::text from pg_inherits)`,
  );
  const isKnown = (name: string): boolean => reencrypted.has(name) || name.endsWith("digest"); // a digest hides, and is never read back
  const others = columns.map(({ name }) => name).filter((name) => !isKnown(name));
  expect(others.toSorted()).toEqual(
    [
      "attempts.response_body",
      "attempts.trace",
      "bin_requests.body",
      "deliveries.first_body",
      "deliveries.first_trace",
      "job_chunks.content",
      "key_checks.key_id",
      "key_checks.sentinel",
      "payloads.body",
    ].toSorted(),
  );
});

test.concurrent("rekey encrypts failures whose deletion can still be undone", async ({ database, databaseUrl }) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "https://hooks.example/" });
  await recordNow(database, { providerId });
  await fail(database, providerId, "an hour ago");
  const { deletion } = await deleteFailuresForUndo(database, { providerId }, bySystem);
  await verifyKeys(database, encryption);
  const [code] = await rekey(databaseUrl, [newKey, oldKey]);
  await database.inTransaction((tx) => undoDeletion(tx, providerId, deletion.id));
  await restoreBatch(database, { providerId, id: deletion.id });
  const newest = createEncryption([newKey]);
  expect([code, await listFailures(database, newest, { providerId })]).toMatchObject([
    0,
    [{ url: "https://hooks.example/3s" }],
  ]);
});

test.concurrent("the secrets of authentication providers are re-encrypted, and their list works without the key", async ({
  database,
  databaseUrl,
}) => {
  const providerId = await buildProvider(database);
  const portal = { providerId, accountType: "developer" } as const;
  const values = { kind: "github", client_id: "portal", client_secret: "low tide" };
  const by = { actor: { kind: "system" }, channel: "system", now: new Date(0) } as const;
  await createAuthenticationProvider({ pool: database, encryption }, { ...portal, values, by });
  const other = { ...values, kind: "keycloak", site: "https://id.example/realms/a", client_secret: "high tide" };
  await createAuthenticationProvider({ pool: database, encryption }, { ...portal, values: other, by });
  const secretWith = async (keys: readonly Buffer[]) => {
    const listed = await listAuthenticationProviders({ pool: database, encryption: createEncryption(keys) }, portal);
    return listed.map(({ clientSecret }) => clientSecret);
  };
  expect(await secretWith([newKey])).toEqual([null, null]);
  const rows = await database.query<{ secret: Buffer }>("select client_secret as secret from authentication_providers");
  expect(rows.filter(({ secret }) => secret.includes("tide"))).toEqual([]);
  expect(await rekey(databaseUrl, [newKey, oldKey])).toEqual([0, expect.stringContaining("re-encrypted 2 ")]);
  expect(await secretWith([newKey])).toEqual(["low tide", "high tide"]);
});
