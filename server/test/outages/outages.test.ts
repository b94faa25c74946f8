import { expect } from "vitest";
import { createProviderUser } from "#access/index.ts";
import { notifyOutages } from "#outages/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { listMails } from "#portal/mails/index.ts";
import { disableEndpoint } from "#webhooks/endpoints/index.ts";
import { buildEndpoint, buildProvider, encryption, recordNow } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";

interface House {
  readonly providerId: number;
  readonly endpointId: number;
}

async function house(pool: Pool): Promise<House> {
  const providerId = await buildProvider(pool);
  const endpointId = await buildEndpoint(pool, { providerId, url: "https://crm.example/hook" });
  await pool.inTransaction(async (tx) => {
    const user = { providerId, passwordHash: "none" };
    await createProviderUser(tx, { ...user, username: "ada", email: "ada@acme.example", role: "admin" });
    await createProviderUser(tx, { ...user, username: "bob", email: "bob@acme.example", role: "member" });
    await createProviderUser(tx, { ...user, username: "eve", role: "admin" });
  });
  return { providerId, endpointId };
}

/** Inserts a delivery that ends now. */
async function end(pool: Pool, { providerId, endpointId }: House, state: "delivered" | "failed"): Promise<void> {
  const [eventId] = await recordNow(pool, { providerId });
  await pool.query(
    `insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format) values ($1, $2, $3, $4, 6, '3scale')`,
    [providerId, eventId, endpointId, state],
  );
  if (state === "delivered") return;
  await pool.query(
    `insert into failures (provider_id, endpoint_id, event_id, error, url) values ($1, $2, $3, 'HTTP 500', $4)`,
    [providerId, endpointId, eventId, encryption.encrypt("endpoint url", "https://crm.example/hook")],
  );
}

const look = (pool: Pool): Promise<void> =>
  notifyOutages({ pool, pageUrl: ({ subdomain }, path) => `https://${subdomain}.example${path}`, now: new Date() });

const mailsOf = async (pool: Pool, { providerId }: House): Promise<string[]> =>
  (await listMails(pool, providerId, { limit: 20 }))
    .map(({ recipient, subject }) => `${recipient} ${subject.replace(/^\S+: /, "")}`)
    .toReversed();

const began = "ada@acme.example deliveries to default are failing";
const ended = "ada@acme.example deliveries to default succeed again";

test("admins receive one mail when deliveries begin to fail, and one when they succeed again", async ({
  database: pool,
}) => {
  const its = await house(pool);
  await end(pool, its, "delivered");
  await look(pool);
  expect(await mailsOf(pool, its)).toEqual([]);

  for (let failed = 0; failed < 3; failed += 1) {
    await end(pool, its, "failed");
    await look(pool);
  }
  expect(await mailsOf(pool, its)).toEqual([began]);

  await end(pool, its, "delivered");
  await look(pool);
  await look(pool); // the failure is still listed, but is no new outage
  expect(await mailsOf(pool, its)).toEqual([began, ended]);

  await end(pool, its, "failed");
  await look(pool);
  expect(await mailsOf(pool, its)).toEqual([began, ended, began]);
  const [last] = await listMails(pool, its.providerId, { limit: 1 });
  expect(last?.text).toContain("https://crm.example/hook");
  expect(last?.text).toContain(".example/failures");
});

test("admins receive one mail each time an endpoint is disabled, with the reason and its page", async ({
  database: pool,
}) => {
  const its = await house(pool);
  const disable = (): Promise<void> => disableEndpoint(pool, its.endpointId, "No attempt has succeeded for 5 days.");
  await disable();
  await look(pool);
  await look(pool);
  const disabled = "ada@acme.example the endpoint default was disabled";
  expect(await mailsOf(pool, its)).toEqual([disabled]);
  const [mail] = await listMails(pool, its.providerId, { limit: 1 });
  expect(mail?.text).toContain("No attempt has succeeded for 5 days.");
  expect(mail?.text).toContain(`.example/endpoints/${its.endpointId}`);

  await pool.query(`update endpoints set state = 'enabled' where id = $1`, [its.endpointId]);
  await disable();
  await look(pool);
  expect(await mailsOf(pool, its)).toEqual([disabled, disabled]);
});

test("concurrent processes send each mail once", async ({ database: pool }) => {
  const its = await house(pool);
  await end(pool, its, "failed");
  await Promise.all([look(pool), look(pool), look(pool)]);
  await look(pool);
  expect(await mailsOf(pool, its)).toEqual([began]);
});

test("an outage concerns one endpoint of one provider", async ({ database: pool }) => {
  const [its, other] = [await house(pool), await house(pool)];
  const second = await buildEndpoint(pool, { providerId: its.providerId, url: "https://bi.example", name: "second" });
  await end(pool, its, "failed");
  await look(pool);
  await end(pool, { ...its, endpointId: second }, "delivered");
  await look(pool);
  expect(await mailsOf(pool, its)).toEqual([began]);
  expect(await mailsOf(pool, other)).toEqual([]);
});
