import { expect } from "vitest";
import type { Actor } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { portalEventTypes } from "#webhooks/events/index.ts";
import { buildEndpoint, buildProvider, encryption } from "../../../test/support/build-webhooks.ts";
import { countWaiting } from "../../../test/support/count-waiting.ts";
import { test } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import type { EndpointNeeds } from "./change-endpoint.ts";
import { type DefaultWebhookChange, saveDefaultEndpoint, switchesOf, updateEndpoint } from "./change-endpoint.ts";
import { readDefaultEndpoint } from "./endpoint-table.ts";
import type { Endpoint, Refused } from "./settings.ts";

const admin: Actor = { kind: "admin", userId: 7 };

function needsOf(pool: Pool, duringLookup: () => Promise<unknown> = async () => undefined): EndpointNeeds {
  const allowed = parseAllowedTargets("none");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const lookup = async () => {
    await duringLookup();
    return [{ address: "93.184.215.14", family: 4 } as const];
  };
  return { pool, encryption, targets: { allowed, lookup, isOwnBin: () => false }, retryWaitsSeconds: [60] };
}

const save = (pool: Pool, providerId: number, change: DefaultWebhookChange) =>
  saveDefaultEndpoint(needsOf(pool), { providerId, change, actor: admin });

const typesOf = (outcome: Endpoint | Refused): readonly string[] => ("refused" in outcome ? [] : outcome.eventTypes);

test("the first save creates the webhook, with omitted switches off", async ({ database }) => {
  const providerId = await buildProvider(database);
  expect(await readDefaultEndpoint(database, encryption, providerId)).toBeUndefined();

  await save(database, providerId, { url: "http://example.com", switches: { user_created_on: true } });
  const created = await readDefaultEndpoint(database, encryption, providerId);
  expect(created).toMatchObject({ name: "default", format: "3scale", active: false, providerActions: false });
  expect(created?.eventTypes).toEqual(["user.created"]);
});

test("two concurrent first saves both succeed and create one webhook", async ({ database }) => {
  const providerId = await buildProvider(database);
  const { saves } = await database.inTransaction(async (tx) => {
    await tx.query("lock table endpoints in exclusive mode"); // both find no webhook, and neither has created one
    const urls = ["http://example.com/a", "http://example.com/b"];
    const saving = { saves: urls.map((url) => save(database, providerId, { url, switches: {} })) };
    await until(async () => (await countWaiting(database)) === urls.length);
    return saving;
  });
  for (const saved of await Promise.all(saves)) expect(saved).toMatchObject({ name: "default" });
  expect(await database.query("select from endpoints where provider_id = $1", [providerId])).toHaveLength(1);
});

test("the next save updates the given fields only", async ({ database }) => {
  const providerId = await buildProvider(database);
  await save(database, providerId, {
    url: "http://example.com",
    active: true,
    switches: { user_created_on: true, account_plan_changed_on: true },
  });
  const after = await save(database, providerId, {
    providerActions: true,
    switches: { user_created_on: false, application_key_updated_on: true },
  });
  expect(after).toMatchObject({ url: "http://example.com", active: true, providerActions: true });
  expect(typesOf(after)).toEqual(["account.plan_changed", "application.key_updated"]);
});

test("a save whose URL is still being checked keeps the switches of a faster save", async ({ database }) => {
  const providerId = await buildProvider(database);
  await save(database, providerId, { url: "http://example.com/a", switches: { account_created_on: true } });
  const change = { url: "http://example.com/b", switches: { account_created_on: false, account_updated_on: true } };
  const needs = needsOf(database, () => save(database, providerId, { switches: { user_created_on: true } }));
  const after = await saveDefaultEndpoint(needs, { providerId, change, actor: admin });
  expect(after).toMatchObject({ url: change.url, eventTypes: ["account.updated", "user.created"] });
});

test("only an active webhook requires a URL, and an invalid one is always refused", async ({ database }) => {
  const providerId = await buildProvider(database);
  const invalid = { refused: { url: ["Must be a valid URL such as http://example.com"] } };
  expect(await save(database, providerId, { active: true, switches: {} })).toEqual(invalid);
  expect(await save(database, providerId, { url: "http:://banana", switches: {} })).toEqual(invalid);
  expect(await save(database, providerId, { url: "", switches: {} })).toMatchObject({ url: "", active: false });
  expect(await save(database, providerId, { active: true, switches: {} })).toEqual(invalid);
});

test("the URL of the webhook has at most 255 characters, also if another endpoint becomes the webhook", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  const refused = { refused: { url: ["is too long (maximum is 255 characters)"] } };
  const long = `http://example.com/${"x".repeat(240)}`;
  expect(await save(database, providerId, { url: long, switches: {} })).toEqual(refused);

  const rename = async (url: string) => {
    const id = await buildEndpoint(database, { providerId, url, name: url });
    return updateEndpoint(needsOf(database), { providerId, id, input: { name: "default" }, actor: admin });
  };
  expect(await rename(long)).toEqual(refused);
  expect(await rename(long.slice(0, 255))).toMatchObject({ name: "default" });
});

test("`*` is shown as 16 switches on and is kept until one switch is turned off", async ({ database }) => {
  const providerId = await buildProvider(database);
  await save(database, providerId, { url: "http://example.com", switches: {} });
  await database.query("update endpoints set event_types = '{*}'");

  const saved = await save(database, providerId, { active: true, switches: { user_created_on: true } });
  expect(typesOf(saved)).toEqual(["*"]);
  expect(switchesOf({ eventTypes: ["*"] }).filter(({ on }) => on)).toHaveLength(16);

  const without = await save(database, providerId, { switches: { user_created_on: false } });
  expect(typesOf(without)).toEqual(portalEventTypes.filter((type) => type !== "user.created"));
});
