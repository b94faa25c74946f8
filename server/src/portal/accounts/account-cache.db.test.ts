import { expect } from "vitest";
import type { Database, Pool } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";
import { byToken, failingAtTheEnd, now, setUp, signUp } from "../../../test/portal/house.ts";
import { test as base } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import { lockAccountDetails, readAccountDetails } from "./account-cache.ts";
import { readVersionedAccount } from "./account-details.ts";
import { updateAccount } from "./change-account.ts";

interface House {
  readonly provider: Provider;
  readonly accountId: number;
  /** Changes the account's name, as the API does. */
  rename(pool: Pool, name: string): Promise<unknown>;
  nameOf(db: Database): Promise<string | undefined>;
}

const test = base.extend("house", async ({ database }): Promise<House> => {
  const { provider } = await setUp(database);
  const { whole } = await signUp(database, { provider, by: byToken });
  const { id: accountId } = whole.account;
  const by = { actor: byToken.actor, channel: "api", now } as const;
  return {
    provider,
    accountId,
    rename: (pool, name) =>
      updateAccount(pool, { provider, accountId, values: { org_name: name }, writer: "program", by }),
    nameOf: async (db) => (await readAccountDetails(db, provider, accountId))?.whole.account.orgName,
  };
});

/** The pool, which notes what it is asked. */
const noting = (pool: Pool, asked: string[]): Database => ({
  query<Row>(text: string, values?: readonly unknown[]) {
    asked.push(text);
    return pool.query<Row>(text, values);
  },
});

test("an account that was read or changed here is told again for its versions alone", async ({ house, database }) => {
  await house.nameOf(database);
  for (const name of ["Fjord & Sons", "Quay"]) {
    await house.rename(database, name);
    const asked: string[] = [];
    expect(await house.nameOf(noting(database, asked))).toBe(name);
    expect(asked).toEqual([expect.not.stringContaining("from users")]);
  }
});

// By hand: whatever changes an account, and whoever.
const changes = {
  account: [
    "update accounts set org_name = 'Quay' where id = $1",
    "update accounts set state = 'suspended' where id = $1",
    `update accounts set fields = '{"region": "apac"}' where id = $1`,
    `update accounts set annotations = '{"crm": "7"}' where id = $1`,
    "update accounts set monthly_billing_enabled = false where id = $1",
    "update accounts set credit_card_token = 'card-1', credit_card_expires_on = '2027-05-01' where id = $1",
  ],
  user: [
    "update users set username = 'mia' where account_id = $1",
    "update users set email = 'mia@fjord.example' where account_id = $1",
    "update users set role = 'member' where account_id = $1",
    "update users set state = 'suspended' where account_id = $1",
    "update users set activated_at = now() where account_id = $1",
    "update users set cas_identifier = 'cas' where account_id = $1",
    "update users set open_id = 'open' where account_id = $1",
    `update users set fields = '{"phone": "1"}' where account_id = $1`,
    "update users set updated_at = now() where account_id = $1",
    "insert into users (provider_id, account_id, username) select provider_id, id, 'ole' from accounts where id = $1",
    "delete from users where account_id = $1 and username = 'ole'",
  ],
  plan: [
    `with gold as (
       insert into plans (provider_id, kind, product_id, name, system_name, state)
       select provider_id, 'application_plan', product_id, 'Gold', 'gold', 'published' from applications where account_id = $1
       returning id)
     update applications set plan_id = gold.id from gold where account_id = $1`,
    "update plans set name = 'Silver' where id = (select plan_id from applications where account_id = $1)",
    "delete from applications where account_id = $1",
    `with gold as (
       insert into plans (provider_id, kind, product_id, name, system_name, state)
       select provider_id, 'service_plan', product_id, 'Gold', 'gold', 'published' from service_subscriptions where account_id = $1
       returning id)
     update service_subscriptions set plan_id = gold.id from gold where account_id = $1`,
    "delete from service_subscriptions where account_id = $1",
  ],
};

test.for(Object.entries(changes))(
  "whatever changes of an account's %s is told to the next who reads it",
  async ([, statements], { house, database }) => {
    const { provider, accountId } = house;
    let before = await readAccountDetails(database, provider, accountId);
    for (const statement of statements) {
      await database.query(statement, [accountId]);
      const told = await readAccountDetails(database, provider, accountId);
      expect(told?.whole, statement).not.toEqual(before?.whole);
      expect(told?.whole, statement).toEqual((await readVersionedAccount(database, provider.id, accountId))?.whole);
      before = told;
    }
  },
);

test("what documents are written by is as it is now, the definitions of fields and the provider", async ({
  house,
  database,
}) => {
  const { provider, accountId } = house;
  await house.nameOf(database);
  await database.query("update fields_definitions set label = 'Firm' where provider_id = $1 and name = 'org_name'", [
    provider.id,
  ]);
  const moved = { ...provider, timeZone: "Asia/Tokyo" };
  const told = await readAccountDetails(database, moved, accountId);
  expect(told?.settings.provider).toBe(moved);
  expect(told?.settings.definitions.map(({ label }) => label)).toContain("Firm");
});

test("a change that is rolled back is told to nobody, whatever is made of the account afterwards", async ({
  house,
  database,
}) => {
  await expect(house.rename(failingAtTheEnd(database), "Nowhere")).rejects.toThrow("the last statement failed");
  expect(await house.nameOf(database)).toBe("Fjord & Sons");
  await house.rename(database, "Quay");
  expect(await house.nameOf(database)).toBe("Quay");
});

test("who waits for the lock of a remembered account gets it as it is by then", async ({ house, database }) => {
  const { provider, accountId } = house;
  await house.nameOf(database);
  let locked: Promise<string | undefined> | undefined;
  await database.inTransaction(async (tx) => {
    await tx.query("update accounts set org_name = 'Quay' where id = $1", [accountId]);
    locked = database.inTransaction(
      async (other) => (await lockAccountDetails(other, provider, accountId))?.whole.account.orgName,
    );
    const itWaits = "select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid";
    await until(async () => (await tx.query(itWaits)).length > 0);
  });
  expect(await locked).toBe("Quay");
});

test("a remembered account that is deleted, or asked for by another provider, is not there", async ({
  house,
  database,
}) => {
  const { provider, accountId } = house;
  await house.nameOf(database);
  const { provider: other } = await setUp(database);
  expect(await readAccountDetails(database, other, accountId)).toBeUndefined();
  await database.query("delete from accounts where id = $1", [accountId]);
  expect(await readAccountDetails(database, provider, accountId)).toBeUndefined();
  const lock = database.inTransaction((tx) => lockAccountDetails(tx, provider, accountId));
  expect(await lock).toBeUndefined();
});
