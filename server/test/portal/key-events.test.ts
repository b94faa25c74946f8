import { expect } from "vitest";
import type { ChangeContext } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import {
  addApplicationKey,
  createApplication,
  findApplication,
  regenerateApplicationKey,
  regenerateUserKey,
  removeApplicationKey,
  updateApplication,
  type ApplicationChange,
} from "#portal/applications/index.ts";
import { updateProduct } from "#portal/products/index.ts";
import { test } from "../support/test.ts";
import { byForm, now, setUp, signUp } from "./portal-fixture.ts";

const later = new Date(now.getTime() + 3_600_000);
const by: ChangeContext = { actor: { kind: "token", userId: 1 }, channel: "api", now: later };
const writer = "program";

async function signedUp(pool: Pool, backendVersion: "1" | "2"): Promise<ApplicationChange & { planId: number }> {
  const { provider, product } = await setUp(pool);
  const productId = product.id;
  await updateProduct(pool, { providerId: provider.id, productId, values: { backend_version: backendVersion }, by });
  const { details, applications } = await signUp(pool, { provider, by: byForm });
  const [application] = applications;
  if (!application) throw new Error("There is no application.");
  const planId = application.plan.id;
  return { provider, accountId: details.account.id, applicationId: application.id, planId, by };
}

/** Returns type and key of each recorded event about a key. */
async function keyEvents(pool: Pool, providerId: number): Promise<[string, string | undefined, string | undefined][]> {
  const rows = await pool.query<{ type: string; key: { value: string; createdAt: string } | null }>(
    `select split_part(type, '.', 2) as type, key from events
     where provider_id = $1 and (type like '%key\\_%' or key is not null) order by id`,
    [providerId],
  );
  return rows.map(({ type, key }) => [type, key?.value, key?.createdAt]);
}

const stamp = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

test("a removed key stays a key of other applications that have the same one", async ({ sharedPool: pool }) => {
  const { planId, ...one } = await signedUp(pool, "2");
  const { provider, accountId } = one;
  const created = await createApplication(pool, { provider, accountId, planId, by, writer, values: { name: "Other" } });
  if (!created || !("application" in created)) throw new Error("It was not created.");
  const { id } = created.application;
  for (const applicationId of [one.applicationId, id])
    await addApplicationKey(pool, { ...one, applicationId, writer, value: "the-same-key" });
  await removeApplicationKey(pool, { ...one, writer, value: "the-same-key" });
  const left = await pool.query(
    "select application_id from application_keys where provider_id = $1 and value = 'the-same-key'",
    [provider.id],
  );
  expect(left).toEqual([{ applicationId: id }]);
});

test("an event about a key contains the key and its creation time", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool, "2");
  const [first] = await pool.query<{ value: string }>(
    `select value from application_keys where provider_id = $1 and application_id = $2`,
    [change.provider.id, change.applicationId],
  );
  const of = { ...change, writer } as const;
  await addApplicationKey(pool, { ...of, value: "added-by-hand" });
  await removeApplicationKey(pool, { ...of, value: first?.value ?? "" });
  await regenerateApplicationKey(pool, { ...of, value: "added-by-hand" });
  const [created] = await pool.query<{ value: string }>(
    `select value from application_keys where provider_id = $1 and application_id = $2`,
    [change.provider.id, change.applicationId],
  );
  expect(await keyEvents(pool, change.provider.id)).toEqual([
    ["key_created", "added-by-hand", stamp(later)],
    ["key_deleted", first?.value, stamp(now)],
    ["key_deleted", "added-by-hand", stamp(later)],
    ["key_created", created?.value, stamp(later)],
    ["key_updated", created?.value, stamp(later)],
  ]);
});

test("each key of a new application has its own event", async ({ sharedPool: pool }) => {
  const { provider, accountId, planId } = await signedUp(pool, "2");
  const values = { name: "Tides", application_key: ["first-key", "second-key"] };
  await createApplication(pool, { provider, accountId, planId, values, writer, by });
  expect(await keyEvents(pool, provider.id)).toEqual([
    ["key_created", "first-key", stamp(later)],
    ["key_created", "second-key", stamp(later)],
  ]);
});

test("the creation time of a new user key is the time of its change", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool, "1");
  await updateApplication(pool, { ...change, writer, values: { user_key: "chosen-by-hand" } });
  const changed = await regenerateUserKey(pool, { ...change, writer });
  const created = changed && "application" in changed ? changed.application.userKey : undefined;
  expect(await keyEvents(pool, change.provider.id)).toEqual([
    ["key_updated", "chosen-by-hand", stamp(later)],
    ["key_updated", created, stamp(later)],
    ["user_key_updated", created, stamp(later)],
  ]);
});

test("of two keys added at once, the one whose request began earlier is the first one in every document", async ({
  sharedPool: pool,
}) => {
  const { planId: _, ...change } = await signedUp(pool, "2");
  const add = async (value: string, seconds: number) => {
    const at = { ...by, now: new Date(later.getTime() + seconds * 1000) };
    return addApplicationKey(pool, { ...change, by: at, value, writer });
  };
  await add("waited-less", 2);
  const added = await add("waited-longer", 1);
  const listed = await findApplication(pool, change.provider.id, { id: change.applicationId });
  expect(listed?.keys.map(({ value }) => value).slice(1)).toEqual(["waited-longer", "waited-less"]);
  expect(added).toMatchObject({ application: { keys: listed?.keys } });
});
