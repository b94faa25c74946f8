import { expect } from "vitest";
import { createSession, findSession } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { changeAccountPlan, changeAccountState, deleteAccount, updateCreditCard } from "#portal/accounts/index.ts";
import { createPlan } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { byForm, card, countRows, eventsOf, failingAtTheEnd, now, setUp, signUp } from "./house.ts";

const by = { actor: { kind: "token", userId: 1 }, channel: "api", now: new Date(now.getTime() + 60_000) } as const;

async function account(pool: Pool): Promise<{ provider: Provider; accountId: number; userId: number }> {
  const { provider } = await setUp(pool);
  const { whole, user } = await signUp(pool, { provider, by: byForm });
  return { provider, accountId: whole.account.id, userId: user.id };
}

test("a step that does not lead on is refused, and says so beside the state", async ({ sharedPool: pool }) => {
  const its = await account(pool);
  expect(await changeAccountState(pool, { ...its, by, transition: "resume" })).toEqual({
    refused: { state: ['cannot transition via "resume"'] },
  });
});

test("a step keeps when it was taken, and what the state was before", async ({ sharedPool: pool }) => {
  const its = await account(pool);
  expect(await changeAccountState(pool, { ...its, by, transition: "reject" })).toMatchObject({
    whole: { account: { state: "rejected", stateChangedAt: by.now } },
  });
  expect((await eventsOf(pool, its.provider.id)).at(-1)).toMatchObject({
    type: "account.updated",
    state: "rejected",
    previous: { state: "approved" },
  });
});

test("an account does not move to a plan that is deleted meanwhile", async ({ sharedPool: pool }) => {
  const its = await account(pool);
  const providerId = its.provider.id;
  const made = await createPlan(pool, {
    providerId,
    kind: "account_plan",
    productId: null,
    values: { name: "Gold" },
    by,
  });
  if (!made || "refused" in made) throw new Error(JSON.stringify(made));
  const planId = made.plan.id;
  const [deleted, waited] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const deleting = pool.inTransaction(async (tx) => {
    await tx.query("delete from plans where provider_id = $1 and id = $2", [providerId, planId]);
    deleted.resolve();
    await waited.promise;
  });
  await deleted.promise;
  const changing = changeAccountPlan(pool, { ...its, planId, by });
  await until(() => countWaiting(pool));
  waited.resolve();
  await deleting;

  expect(await changing).toEqual({ notFound: "plan" });
});

test("in a suspended account nobody is signed in", async ({ sharedPool: pool }) => {
  const { userId, ...its } = await account(pool);
  const session = { providerId: its.provider.id, audience: "developer", userId, now } as const;
  const { cookieValue } = await pool.inTransaction((tx) => createSession(tx, session));
  await changeAccountState(pool, { ...its, by, transition: "suspend" });
  expect(await findSession(pool, { ...session, cookieValue })).toBeUndefined();
});

test("a deleted account leaves nothing but its last documents", async ({ sharedPool: pool }) => {
  const its = await account(pool);
  const before = await countRows(pool, its.provider.id);
  expect(await deleteAccount(pool, { ...its, by })).toBeDefined();
  expect(await countRows(pool, its.provider.id)).toEqual({
    accounts: 0,
    users: 0,
    subscriptions: 0,
    applications: 0,
    events: Number(before["events"]) + 3,
  });
  const [last] = await pool.query<{ text: string }>(
    `select document::text as text from events where provider_id = $1 and type = 'account.deleted'`,
    [its.provider.id],
  );
  for (const told of ["Fjord & Sons", "nora@fjord.example", "Basic"]) expect(last?.text).toContain(told);
  expect(await deleteAccount(pool, { ...its, by })).toBeUndefined();
});

test("a deletion that fails at the last statement deletes nothing and tells nothing", async ({ sharedPool: pool }) => {
  const its = await account(pool);
  const before = await countRows(pool, its.provider.id);
  await expect(deleteAccount(failingAtTheEnd(pool), { ...its, by })).rejects.toThrow("the last statement failed");
  expect(await countRows(pool, its.provider.id)).toEqual(before);
});

test("no event says by what the payment gateway knows a card", async ({ sharedPool: pool }) => {
  const its = await account(pool);
  for (const token of ["secret-1", "secret-2"])
    await updateCreditCard(pool, { ...its, values: { ...card, credit_card_token: token }, by });
  const told = await pool.query<{ text: string; previous: unknown }>(
    `select document::text as text, previous from events where provider_id = $1 and type = 'account.updated' order by id`,
    [its.provider.id],
  );
  expect(told.map(({ previous }) => previous)).toEqual([
    {
      billing_address: null,
      credit_card_partial_number: null,
      credit_card_expires_on: null,
      credit_card_stored: false,
    },
    { credit_card_stored: true },
  ]);
  expect(told[0]?.text).toContain("2031-05-01");
  expect(JSON.stringify(told)).not.toContain("secret");
});

test.for([
  [{ credit_card_expiration_month: "13" }, "credit_card_expires_on"],
  [{ credit_card_expiration_year: "1999" }, "credit_card_expires_on"],
  [{ credit_card_token: "", billing_address_city: "" }, "credit_card_auth_code"],
  [{ billing_address_address: " ", billing_address_city: "" }, "billing_address_address1"],
  [{ credit_card_partial_number: "4242424242424242" }, "credit_card_partial_number"],
] as const)("a card with %o is refused", async ([wrong, field], { sharedPool: pool }) => {
  const its = await account(pool);
  expect(await updateCreditCard(pool, { ...its, values: { ...card, ...wrong }, by })).toEqual({
    refused: { [field]: [expect.any(String)] },
  });
});

test("an account moves to account plans of its own provider alone", async ({ sharedPool: pool }) => {
  const [its, other] = [await account(pool), await account(pool)];
  const plans = await pool.query<{ id: number }>(
    `select id from plans where (provider_id = $1 and kind <> 'account_plan') or (provider_id = $2 and kind = 'account_plan')`,
    [its.provider.id, other.provider.id],
  );
  expect(plans).toHaveLength(3);
  for (const { id: planId } of plans) {
    expect(await changeAccountPlan(pool, { ...its, planId, by })).toEqual({ notFound: "plan" });
  }
});
