import { expect } from "vitest";
import { createSession, findSession } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { changeAccountPlan, changeAccountState, deleteAccount, updateCreditCard } from "#portal/accounts/index.ts";
import { createPlan } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { byForm, card, countRows, eventsOf, failingAtTheEnd, now, setUp, signUp } from "./portal-fixture.ts";

const by = { actor: { kind: "token", userId: 1 }, channel: "api", now: new Date(now.getTime() + 60_000) } as const;

async function account(pool: Pool): Promise<{ provider: Provider; accountId: number; userId: number }> {
  const { provider } = await setUp(pool);
  const { details, user } = await signUp(pool, { provider, by: byForm });
  return { provider, accountId: details.account.id, userId: user.id };
}

test("a transition records its time and the previous state", async ({ sharedPool: pool }) => {
  const fixture = await account(pool);
  expect(await changeAccountState(pool, { ...fixture, by, logInUrl: "", transition: "reject" })).toMatchObject({
    details: { account: { state: "rejected", stateChangedAt: by.now } },
  });
  expect((await eventsOf(pool, fixture.provider.id)).at(-1)).toMatchObject({
    type: "account.updated",
    state: "rejected",
    previous: { state: "approved" },
  });
});

test("an account cannot change to a plan during its deletion", async ({ sharedPool: pool }) => {
  const fixture = await account(pool);
  const providerId = fixture.provider.id;
  const created = await createPlan(pool, {
    providerId,
    kind: "account_plan",
    productId: null,
    values: { name: "Gold" },
    by,
  });
  if (!created || "refused" in created) throw new Error(JSON.stringify(created));
  const planId = created.plan.id;
  const [deleted, waited] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const deleting = pool.inTransaction(async (tx) => {
    await tx.query("delete from plans where provider_id = $1 and id = $2", [providerId, planId]);
    deleted.resolve();
    await waited.promise;
  });
  await deleted.promise;
  const changing = changeAccountPlan(pool, { ...fixture, planId, by });
  await until(() => countWaiting(pool));
  waited.resolve();
  await deleting;

  expect(await changing).toEqual({ notFound: "plan" });
});

test("suspending an account ends its users' sessions", async ({ sharedPool: pool }) => {
  const { userId, ...fixture } = await account(pool);
  const session = { providerId: fixture.provider.id, audience: "developer", userId, now } as const;
  const { cookieValue } = await pool.inTransaction((tx) => createSession(tx, session));
  await changeAccountState(pool, { ...fixture, by, logInUrl: "", transition: "suspend" });
  expect(await findSession(pool, { ...session, cookieValue })).toBeUndefined();
});

test("a deleted account leaves only its last documents", async ({ sharedPool: pool }) => {
  const fixture = await account(pool);
  const before = await countRows(pool, fixture.provider.id);
  expect(await deleteAccount(pool, { ...fixture, by })).toBeDefined();
  expect(await countRows(pool, fixture.provider.id)).toEqual({
    accounts: 0,
    users: 0,
    subscriptions: 0,
    applications: 0,
    events: Number(before["events"]) + 3,
  });
  const [last] = await pool.query<{ text: string }>(
    `select document::text as text from events where provider_id = $1 and type = 'account.deleted'`,
    [fixture.provider.id],
  );
  for (const events of ["Fjord & Sons", "nora@fjord.example", "Basic"]) expect(last?.text).toContain(events);
  expect(await deleteAccount(pool, { ...fixture, by })).toBeUndefined();
});

test("a deletion that fails at the last statement deletes nothing and records no event", async ({
  sharedPool: pool,
}) => {
  const fixture = await account(pool);
  const before = await countRows(pool, fixture.provider.id);
  await expect(deleteAccount(failingAtTheEnd(pool), { ...fixture, by })).rejects.toThrow("the last statement failed");
  expect(await countRows(pool, fixture.provider.id)).toEqual(before);
});

test("no event contains the payment gateway's reference to a card", async ({ sharedPool: pool }) => {
  const fixture = await account(pool);
  for (const token of ["secret-1", "secret-2"])
    await updateCreditCard(pool, { ...fixture, values: { ...card, credit_card_token: token }, by });
  const events = await pool.query<{ text: string; previous: unknown }>(
    `select document::text as text, previous from events where provider_id = $1 and type = 'account.updated' order by id`,
    [fixture.provider.id],
  );
  expect(events.map(({ previous }) => previous)).toEqual([
    {
      billing_address: null,
      credit_card_partial_number: null,
      credit_card_expires_on: null,
      credit_card_stored: false,
    },
    { credit_card_stored: true },
  ]);
  expect(events[0]?.text).toContain("2031-05-01");
  expect(JSON.stringify(events)).not.toContain("secret");
});

test.for([
  [{ credit_card_expiration_month: "13" }, "credit_card_expires_on"],
  [{ credit_card_expiration_year: "1999" }, "credit_card_expires_on"],
  [{ credit_card_token: "", billing_address_city: "" }, "credit_card_auth_code"],
  [{ billing_address_address: " ", billing_address_city: "" }, "billing_address_address1"],
  [{ credit_card_partial_number: "4242424242424242" }, "credit_card_partial_number"],
] as const)("a card with %o is refused", async ([wrong, field], { sharedPool: pool }) => {
  const fixture = await account(pool);
  expect(await updateCreditCard(pool, { ...fixture, values: { ...card, ...wrong }, by })).toEqual({
    refused: { [field]: [expect.any(String)] },
  });
});

test("an account changes only to account plans of its own provider", async ({ sharedPool: pool }) => {
  const [fixture, other] = [await account(pool), await account(pool)];
  const plans = await pool.query<{ id: number }>(
    `select id from plans where (provider_id = $1 and kind <> 'account_plan') or (provider_id = $2 and kind = 'account_plan')`,
    [fixture.provider.id, other.provider.id],
  );
  expect(plans).toHaveLength(3);
  for (const { id: planId } of plans) {
    expect(await changeAccountPlan(pool, { ...fixture, planId, by })).toEqual({ notFound: "plan" });
  }
});
