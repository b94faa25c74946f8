import { expect } from "vitest";
import type { Actor } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { createEncryption } from "#platform/encryption.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { readSubscriptions } from "#webhooks/events/index.ts";
import {
  buildEndpoint,
  aDeveloper,
  buildProvider,
  encryption,
  recordNow,
} from "../../../test/support/build-webhooks.ts";
import { countWaiting } from "../../../test/support/count-waiting.ts";
import { test } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import {
  type EndpointNeeds,
  cancelDueOfDeletedEndpoints,
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  restoreEndpoint,
  rotateSecret,
  updateEndpoint,
} from "./change-endpoint.ts";
import { readDeliverySettings } from "./delivery-settings.ts";
import { readEndpoint } from "./endpoint-table.ts";
import { type Endpoint, type EndpointInput, type Refused, settingEntries } from "./settings.ts";

const admin: Actor = { kind: "admin", userId: 7 };
const url = "https://ann:pa55@crm.example/hooks?token=s3cret";

function needsOf(pool: Pool): EndpointNeeds {
  const allowed = parseAllowedTargets("none");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const lookup = async () => [{ address: "93.184.215.14", family: 4 } as const];
  const targets = { allowed, lookup, isOwnBin: () => false };
  return { pool, encryption, targets, retryWaitsSeconds: [1, 2] };
}

const saved = (outcome: Endpoint | Refused | undefined): Endpoint => {
  if (!outcome || "refused" in outcome) throw new Error(`Not saved: ${JSON.stringify(outcome)}`);
  return outcome;
};

async function createTestEndpoint(pool: Pool, input: EndpointInput = {}): Promise<Endpoint> {
  const providerId = await buildProvider(pool);
  return saved(
    await createEndpoint(needsOf(pool), { providerId, input: { name: "crm", url, ...input }, actor: admin }),
  );
}

const auditsOf = (pool: Pool, { providerId }: Endpoint) =>
  pool.query<{ action: string; detail: unknown }>(
    `select action, detail, actor_id, subject from audit_records where provider_id = $1 order by id`,
    [providerId],
  );

test("a new endpoint has the defaults of its format and a lane", async ({ database }) => {
  const endpoint = await createTestEndpoint(database);
  expect(endpoint).toMatchObject({ format: "3scale", success: "200", timeoutSeconds: 60, ordering: "none" });
  expect(endpoint.retryWaitsSeconds).toEqual([1, 2]);
  expect(endpoint.secrets).toEqual([expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/)]);
  expect(await database.query("select from lanes where endpoint_id = $1", [endpoint.id])).toHaveLength(1);

  const json = await createTestEndpoint(database, { format: "json", timeoutSeconds: 5 });
  expect(json).toMatchObject({ success: "2xx", timeoutSeconds: 5, ordering: "account" });
  const days = json.retryWaitsSeconds.reduce((sum, seconds) => sum + seconds, 0) / 86_400;
  expect(days).toBeGreaterThan(3);
});

/** Columns that Bellwire sets itself. */
const ownColumns = [
  "provider_id",
  "id",
  "url_masked",
  "secret",
  "previous_secret",
  "previous_secret_until",
  "disabled_reason",
  "version",
  "created_at",
  "updated_at",
  "deleted_at",
];

test("each other column of endpoints is a row of the table of settings", async ({ database }) => {
  const columns = await database.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = 'endpoints'::regclass and attnum > 0 and not attisdropped`,
  );
  const settings = settingEntries.map(([column]) => column);
  expect(columns.map(({ name }) => name).toSorted()).toEqual([...ownColumns, ...settings].toSorted());
});

test("no secret of an endpoint is stored in clear", async ({ database }) => {
  const { id } = await createTestEndpoint(database, { headers: { authorization: "Bearer h3ader" } });
  const [row] = await database.query<{ text: string }>("select endpoints::text as text from endpoints where id = $1", [
    id,
  ]);
  const stored = row?.text.replaceAll("\\x", "") ?? "";
  for (const secret of ["pa55", "s3cret", "h3ader", "whsec_"]) {
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain(Buffer.from(secret).toString("hex"));
  }
});

test("an update increments the version, and its audit record shows no secret", async ({ database }) => {
  const before = await createTestEndpoint(database);
  const input = { url: "https://crm.example/new?token=other", headers: { "x-key": "h3ader" }, active: false };
  const after = saved(await updateEndpoint(needsOf(database), { ...before, input, actor: admin }));

  expect(after).toMatchObject({ ...input, version: before.version + 1, name: "crm" });
  expect(await readEndpoint(database, encryption, before)).toEqual(after);
  const [created, changed] = await auditsOf(database, before);
  expect(created).toMatchObject({ action: "endpoint.created", actorId: 7, subject: `endpoint/${before.id}` });
  expect(changed).toMatchObject({
    action: "endpoint.changed",
    detail: { url: "https://crm.example/new?token=…", headers: ["x-key"], active: false },
  });
});

test("an update without a change writes nothing", async ({ database }) => {
  const before = await createTestEndpoint(database);
  const after = await updateEndpoint(needsOf(database), { ...before, input: { active: true, url }, actor: admin });
  expect(after).toEqual(before);
  expect(await auditsOf(database, before)).toHaveLength(1);
});

test("writing back a masked URL keeps its secrets", async ({ database }) => {
  const endpoint = await createTestEndpoint(database);
  const input = { url: endpoint.urlMasked, description: "read and written back" };
  const change = { providerId: endpoint.providerId, id: endpoint.id, input, actor: admin };
  expect(saved(await updateEndpoint(needsOf(database), change))).toMatchObject({ url, description: input.description });
  expect((await readEndpoint(database, encryption, endpoint))?.url).toBe(url);
});

test("two concurrent updates are both applied", async ({ database }) => {
  const before = await createTestEndpoint(database);
  const { updates } = await database.inTransaction(async (tx) => {
    await tx.query("select from endpoints for update");
    // Both have read the endpoint when they wait for its row.
    const waiting = [{ active: false }, { providerActions: true }].map((input) =>
      updateEndpoint(needsOf(database), { ...before, input, actor: admin }),
    );
    await until(async () => (await countWaiting(database)) === 2);
    return { updates: waiting };
  });
  await Promise.all(updates);
  const after = await readEndpoint(database, encryption, before);
  expect(after).toMatchObject({ active: false, providerActions: true, version: before.version + 2 });
});

test("after a rotation both secrets are active, the new one first, and after 24 hours only the new one", async ({
  database,
}) => {
  const before = await createTestEndpoint(database);
  const after = await rotateSecret(needsOf(database), { ...before, actor: admin });
  expect(after?.secrets).toEqual([expect.stringMatching(/^whsec_/), ...before.secrets]);
  expect(after?.secrets[0]).not.toBe(before.secrets[0]);

  await database.query("update endpoints set previous_secret_until = previous_secret_until - interval '24 hours'");
  const [settings] = await readDeliverySettings(database, encryption, {
    endpointIds: [before.id],
    userAgent: "Bellwire/test",
  });
  expect(settings).toMatchObject({ secrets: after?.secrets.slice(0, 1) });
});

const lost = createEncryption([Buffer.alloc(32, 9)]);

test.for([
  { change: "change of another setting", isRotation: false },
  { change: "rotation", isRotation: true },
])(
  "a $change replaces a secret that cannot be decrypted by a new one, never by the previous one",
  async ({ isRotation }, { database }) => {
    const needs = needsOf(database);
    const endpoint = await createTestEndpoint(database);
    await rotateSecret(needs, { ...endpoint, actor: admin });
    await database.query("update endpoints set secret = $1", [lost.encrypt("endpoint secret", "whsec_")]);
    const broken = await readEndpoint(database, encryption, endpoint);
    expect(broken).toMatchObject({ undecryptable: expect.stringContaining("another"), secrets: [] });

    const change = { ...endpoint, input: { description: "Contacts" }, actor: admin };
    if (isRotation) await rotateSecret(needs, change);
    else await updateEndpoint(needs, change);
    const repaired = await readEndpoint(database, encryption, endpoint);
    expect(repaired).toMatchObject({ undecryptable: null, secrets: [expect.stringMatching(/^whsec_.{40}/)] });
    expect(repaired?.secrets).not.toEqual(endpoint.secrets);
  },
);

test("a URL that is entered again because it cannot be decrypted keeps both secrets of a rotation", async ({
  database,
}) => {
  const needs = needsOf(database);
  const endpoint = await createTestEndpoint(database);
  const rotated = await rotateSecret(needs, { ...endpoint, actor: admin });
  await database.query("update endpoints set url = $1", [lost.encrypt("endpoint url", url)]);
  await updateEndpoint(needs, { ...endpoint, input: { url }, actor: admin });
  const { secrets, previousSecretUntil } = rotated ?? {};
  expect(secrets).toHaveLength(2);
  expect(await readEndpoint(database, encryption, endpoint)).toMatchObject({
    url,
    secrets,
    previousSecretUntil,
    undecryptable: null,
  });
});

test("engines read the delivery settings in clear", async ({ database }) => {
  const endpoint = await createTestEndpoint(database, { maxInFlight: 3, headers: { "x-key": "h3ader" } });
  const [settings] = await readDeliverySettings(database, encryption, {
    endpointIds: [endpoint.id, 999_999],
    userAgent: "Bellwire/test",
  });
  expect(settings).toMatchObject({
    endpointId: endpoint.id,
    url,
    headers: { "x-key": "h3ader" },
    urlMasked: "https://…@crm.example/hooks?token=…",
    maxInFlight: 3,
    version: 1,
  });
});

/** Moves a deletion so far into the past that it can no longer be undone. */
const endUndo = (pool: Pool, id: number): Promise<unknown> =>
  pool.query("update endpoints set deleted_at = deleted_at - interval '70 seconds' where id = $1", [id]);

test("a deleted endpoint disappears at once, and its pending deliveries are cancelled a minute later", async ({
  database,
}) => {
  const endpoint = await createTestEndpoint(database, { eventTypes: ["*"] });
  const endpointId = await buildEndpoint(database, { providerId: endpoint.providerId, url, name: "erp" });
  await recordNow(database, { providerId: endpoint.providerId, actor: aDeveloper });

  expect(await deleteEndpoint(database, { ...endpoint, actor: admin })).toBeInstanceOf(Date);
  expect(await readEndpoint(database, encryption, endpoint)).toBeUndefined();
  expect(
    await readDeliverySettings(database, encryption, { endpointIds: [endpoint.id], userAgent: "Bellwire/test" }),
  ).toEqual([]);
  expect(await database.inTransaction(cancelDueOfDeletedEndpoints)).toBe(0);

  await endUndo(database, endpoint.id);
  expect(await database.inTransaction(cancelDueOfDeletedEndpoints)).toBe(1);
  expect(await database.query("select endpoint_id from due")).toEqual([{ endpointId }]); // of the same event
  expect(await database.query("select state from deliveries")).toEqual([{ state: "cancelled" }]);
  const { providerId } = endpoint;
  await createEndpoint(needsOf(database), { providerId, input: { name: "crm", url }, actor: admin });
});

test("deliveries of an endpoint deleted days ago are cancelled, however many, in batches", async ({ database }) => {
  const endpoint = await createTestEndpoint(database);
  const rows = 5001;
  await database.query(
    `insert into due (endpoint_id, event_id, provider_id, format, sequence)
     select $1, overlay(uuid_v7_floor(now())::text placing lpad(nth::text, 12, '0') from 25)::uuid, $2, '3scale', nth
     from generate_series(1, $3::bigint) nth`,
    [endpoint.id, endpoint.providerId, rows],
  );
  await deleteEndpoint(database, { ...endpoint, actor: admin });
  await database.query("update endpoints set deleted_at = deleted_at - interval '3 days' where id = $1", [endpoint.id]);

  expect(await database.inTransaction(cancelDueOfDeletedEndpoints)).toBe(rows - 1);
  expect(await database.inTransaction(cancelDueOfDeletedEndpoints)).toBe(1);
  expect(await database.inTransaction(cancelDueOfDeletedEndpoints)).toBe(0);
});

test("undoing the deletion of an endpoint loses no event, not even one recorded meanwhile, and keeps its secret", async ({
  database,
}) => {
  const endpoint = await createTestEndpoint(database, { eventTypes: ["*"] });
  const record = () => recordNow(database, { providerId: endpoint.providerId, actor: aDeveloper });
  await record();
  await deleteEndpoint(database, { ...endpoint, actor: admin });
  await record();
  expect(await rotateSecret(needsOf(database), { ...endpoint, actor: admin })).toBeUndefined();
  const { secrets } = endpoint;
  const restored = await restoreEndpoint(needsOf(database), { ...endpoint, actor: admin });
  expect(restored).toMatchObject({ id: endpoint.id, secrets, previousSecretUntil: null });
  await record();

  expect(await database.query("select from due")).toHaveLength(3);
  expect(await database.inTransaction(cancelDueOfDeletedEndpoints)).toBe(0);
  expect(await restoreEndpoint(needsOf(database), { ...endpoint, actor: admin })).toBeUndefined();
});

test("a deletion cannot be undone by another provider, after a minute, or if a new endpoint has the name", async ({
  database,
}) => {
  const endpoint = await createTestEndpoint(database, { name: "crm" });
  await deleteEndpoint(database, { ...endpoint, actor: admin });
  const stranger = { providerId: await buildProvider(database), id: endpoint.id, actor: admin };
  expect(await restoreEndpoint(needsOf(database), stranger)).toBeUndefined();
  const { providerId } = endpoint;
  const again = await createEndpoint(needsOf(database), { providerId, input: { name: "crm", url }, actor: admin });
  await expect(restoreEndpoint(needsOf(database), { ...endpoint, actor: admin })).rejects.toMatchObject({
    code: "23505",
  });
  await deleteEndpoint(database, { ...saved(again), actor: admin });
  await endUndo(database, endpoint.id);
  expect(await restoreEndpoint(needsOf(database), { ...endpoint, actor: admin })).toBeUndefined();
});

test("deliveries recorded while their endpoint is deleted are cancelled", async ({ database }) => {
  const endpoint = await createTestEndpoint(database, { eventTypes: ["*"] });
  await database.inTransaction(async (tx) => {
    const subscriptions = await readSubscriptions(tx, endpoint.providerId);
    expect(subscriptions).toHaveLength(1);
    await deleteEndpoint(database, { ...endpoint, actor: admin });
    await tx.query(
      `insert into due (endpoint_id, event_id, provider_id, format, sequence)
       values ($1, gen_random_uuid(), $2, '3scale', 1)`,
      [endpoint.id, endpoint.providerId],
    );
    await tx.query("update due set event_id = uuid_v7_floor(now())");
  });
  await endUndo(database, endpoint.id);

  expect(await database.inTransaction(cancelDueOfDeletedEndpoints)).toBe(1);
  expect(await database.query("select state from deliveries")).toEqual([{ state: "cancelled" }]);
});

test("an update hints to engines to reload the settings and to poll for held deliveries", async ({ database }) => {
  const endpoint = await createTestEndpoint(database, { active: false });
  const hints: string[] = [];
  const hinted = new Promise<void>((resolve) => {
    database.onHint("due", (values) => {
      hints.push(...values.map((value) => `due ${value}`));
      resolve();
    });
  });
  database.onHint("endpoints", (values) => hints.push(...values.map((value) => `endpoints ${value}`)));

  await updateEndpoint(needsOf(database), { ...endpoint, input: { active: true }, actor: admin });
  await hinted;
  expect(hints.toSorted()).toEqual([`due ${endpoint.id}`, `endpoints ${endpoint.id}`]);
});

test("an endpoint that is resumed starts anew to count how long everything has failed", async ({ database }) => {
  const endpoint = await createTestEndpoint(database);
  const update = (input: EndpointInput): Promise<Endpoint | Refused | undefined> =>
    updateEndpoint(needsOf(database), { ...endpoint, input, actor: admin });
  await database.query(
    "update lanes set failing_since = now() - interval '6 days', failed_attempts = 30 where endpoint_id = $1",
    [endpoint.id],
  );
  const failing = (): Promise<unknown> =>
    database.query("select failing_since is null as reset, failed_attempts from lanes where endpoint_id = $1", [
      endpoint.id,
    ]);
  await update({ description: "our CRM" });
  await update({ state: "paused" });
  expect(await failing()).toEqual([{ reset: false, failedAttempts: 30 }]);
  await update({ state: "enabled" });
  expect(await failing()).toEqual([{ reset: true, failedAttempts: 0 }]);
});

test("a disabled endpoint keeps its reason until it is enabled or paused, and a paused one is not disabled", async ({
  database,
}) => {
  const endpoint = await createTestEndpoint(database);
  const change = async (input: EndpointInput) =>
    saved(await updateEndpoint(needsOf(database), { ...endpoint, input, actor: admin }));
  const disable = async () => {
    const { version = 0 } = (await readEndpoint(database, encryption, endpoint)) ?? {};
    return disableEndpoint(database, { endpointId: endpoint.id, version }, "gone");
  };
  for (const state of ["enabled", "paused"] as const) {
    expect(await disable()).toBe(true);
    expect(await change({ description: state })).toMatchObject({ state: "disabled", disabledReason: "gone" });
    expect(await change({ state })).toMatchObject({ state, disabledReason: null });
  }
  expect(await disable()).toBe(false);
  expect(await readEndpoint(database, encryption, endpoint)).toMatchObject({ state: "paused", disabledReason: null });
});

test("the deletion of an endpoint is not undone beyond the provider's limit", async ({ database }) => {
  const endpoint = await createTestEndpoint(database);
  const { providerId } = endpoint;
  await database.query(`update providers set limits = '{"endpoints-per-provider": 1}' where id = $1`, [providerId]);
  await deleteEndpoint(database, { ...endpoint, actor: admin });
  const input = { name: "other", url };
  const other = saved(await createEndpoint(needsOf(database), { providerId, input, actor: admin }));
  const restore = () => restoreEndpoint(needsOf(database), { ...endpoint, actor: admin });
  await expect(restore()).rejects.toThrow("endpoints");
  await deleteEndpoint(database, { ...other, actor: admin });
  expect(await restore()).toMatchObject({ id: endpoint.id });
});
