import { expect } from "vitest";
import type { Database, Pool } from "#platform/database/database.ts";
import { insertPlan, readDefaultPlans, updatePlan } from "#portal/products/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { byApi, byToken, form, now, setUp, signUp } from "../../../test/portal/portal-fixture.ts";
import { test as base } from "../../../test/support/test.ts";
import { until } from "../../../test/support/until.ts";
import { updateAccount } from "./change-account.ts";
import { listAccountDetails, lockAccountDetails, readAccountDetails } from "./account-details.ts";

interface PortalFixture {
  readonly provider: Provider;
  readonly accountId: number;
  /** Id of the account plan. */
  readonly planId: number;
  /** Returns the account plan's name in the account's document. */
  nameOfPlan(db: Database): Promise<string | undefined>;
}

const test = base.extend("portal", async ({ database }): Promise<PortalFixture> => {
  const { provider } = await setUp(database);
  const { details } = await signUp(database, { provider, by: byToken });
  const { id: accountId, planId } = details.account;
  const nameOfPlan: PortalFixture["nameOfPlan"] = async (db) => {
    const account = await readAccountDetails(db, provider, accountId);
    return account?.details.plans.find(({ id }) => id === account.details.account.planId)?.name;
  };
  expect(await nameOfPlan(database)).toBe("Default");
  return { provider, accountId, planId, nameOfPlan };
});

const rename = (db: Database, { planId }: PortalFixture, name: string) =>
  db.query("update plans set name = $2 where id = $1", [planId, name]);

/** Returns a pool that records its statements, and runs `afterTheFirst` between the first statement and the next. */
function watched(
  pool: Pool,
  statements: string[],
  afterTheFirst: () => Promise<unknown> = async () => undefined,
): Database {
  return {
    caches: pool.caches,
    async query<Row>(text: string, values?: readonly unknown[]) {
      statements.push(text);
      const rows = await pool.query<Row>(text, values);
      if (statements.length === 1) await afterTheFirst();
      return rows;
    },
  };
}

test("an account with cached plans is read in one statement", async ({ portal, database }) => {
  const statements: string[] = [];
  expect(await portal.nameOfPlan(watched(database, statements))).toBe("Default");
  expect(statements).toHaveLength(1);
});

test("an update waits for one query result before its commit, and records its event", async ({ portal, database }) => {
  const { provider, accountId } = portal;
  let isAnswered = false;
  const late: string[] = [];
  const watchedPool: Pool = {
    ...database,
    inTransaction: (work) =>
      database.inTransaction((tx) =>
        work({
          ...tx,
          async query<Row>(text: string, values?: readonly unknown[]) {
            if (isAnswered) late.push(text);
            const rows = await tx.query<Row>(text, values);
            isAnswered = true;
            return rows;
          },
        }),
      ),
  };
  const change = { provider, accountId, values: { org_name: "Quay" }, writer: "program", by: byApi } as const;
  const outcome = await updateAccount(watchedPool, change);
  expect(outcome).toMatchObject({ events: [{ type: "account.updated" }] });
  expect(isAnswered).toBe(true);
  expect(late).toEqual([]);
});

test("a changed plan is visible at once, even if it was changed by SQL", async ({ portal, database }) => {
  const { provider, planId } = portal;
  const by = { actor: { kind: "key" }, channel: "api", now } as const;
  const input = { providerId: provider.id, kind: "account_plan", productId: null, planId } as const;
  await updatePlan(database, { ...input, values: { name: "Gold" }, by });
  expect(await portal.nameOfPlan(database)).toBe("Gold");

  await rename(database, portal, "Silver");
  expect(await portal.nameOfPlan(database)).toBe("Silver");
});

test("a transaction sees its own plan change at once, and others do not before the commit", async ({
  portal,
  database,
}) => {
  const rolledBack = database.inTransaction(async (tx) => {
    for (const name of ["Gold", "Silver"]) {
      await rename(tx, portal, name);
      expect(await portal.nameOfPlan(tx)).toBe(name);
    }
    expect(await portal.nameOfPlan(database)).toBe("Default");
    throw new Error("no");
  });
  await expect(rolledBack).rejects.toThrow("no");
  expect(await portal.nameOfPlan(database)).toBe("Default");
});

test("an account changed or deleted between two statements of a read is returned in its later state", async ({
  portal,
  database,
}) => {
  const { provider, accountId, planId } = portal;
  const [plan] = await readDefaultPlans(database, provider.id);
  if (!plan) throw new Error("The provider has no account plan.");
  await rename(database, portal, "Silver"); // no cache contains this name yet
  const move = async () => {
    const input = { ...plan, name: "Gold", systemName: "gold", isDefault: false };
    const gold = await database.inTransaction((tx) => insertPlan(tx, provider.id, input, now));
    await database.query("update accounts set plan_id = $2 where id = $1", [accountId, gold?.id]);
    await database.query("delete from plans where id = $1", [planId]);
  };
  expect(await portal.nameOfPlan(watched(database, [], move))).toBe("Gold");

  await database.query("update plans set name = 'Platinum' where name = 'Gold'");
  const leave = () => database.query("delete from accounts where id = $1", [accountId]);
  expect(await readAccountDetails(watched(database, [], leave), provider, accountId)).toBeUndefined();
});

test("accounts with and without cached plans are listed equally, oldest first", async ({ portal, database }) => {
  const { provider, accountId } = portal;
  const ids = [accountId];
  for (const username of ["mia", "ole"]) {
    const values = { ...form, username, email: `${username}@fjord.example` };
    ids.push((await signUp(database, { provider, by: byToken, values })).details.account.id);
  }
  await database.query(
    `with gold as (
       insert into plans (provider_id, kind, name, system_name, state)
       values ($1, 'account_plan', 'Gold', 'gold', 'published')
       returning id
     )
     update accounts set plan_id = (select id from gold) where id = $2`,
    [provider.id, ids[1]],
  );
  const statements: string[] = [];
  const details = await listAccountDetails(watched(database, statements), provider.id, ids);
  expect(statements).toHaveLength(2);
  expect(details.map(({ account, plans }) => [account.id, plans.map(({ name }) => name)])).toEqual([
    [ids[0], ["Default", "Default", "Basic"]],
    [ids[1], ["Gold", "Default", "Basic"]],
    [ids[2], ["Default", "Default", "Basic"]],
  ]);
  expect(await listAccountDetails(database, provider.id, ids)).toEqual(details);
});

test("account details use the current provider and fields definitions", async ({ portal, database }) => {
  const { provider, accountId } = portal;
  await database.query("update fields_definitions set label = 'Firm' where provider_id = $1 and name = 'org_name'", [
    provider.id,
  ]);
  const moved = { ...provider, timeZone: "Asia/Tokyo" };
  const read = await readAccountDetails(database, moved, accountId);
  expect(read?.settings.provider).toBe(moved);
  expect(read?.settings.definitions.map(({ label }) => label)).toContain("Firm");
});

test("a transaction that waited for an account's lock reads the committed change of the other", async ({
  portal,
  database,
}) => {
  const { provider, accountId } = portal;
  let locked: Promise<string | undefined> | undefined;
  await database.inTransaction(async (tx) => {
    await tx.query("update accounts set org_name = 'Quay' where id = $1", [accountId]);
    locked = database.inTransaction(
      async (other) => (await lockAccountDetails(other, provider, accountId))?.details.account.orgName,
    );
    const waiting = "select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid";
    await until(async () => (await tx.query(waiting)).length > 0);
  });
  expect(await locked).toBe("Quay");
});

test("a deleted account and another provider's account can be neither read nor locked", async ({
  portal,
  database,
}) => {
  const { provider, accountId } = portal;
  const lock = (of: Provider) => database.inTransaction((tx) => lockAccountDetails(tx, of, accountId));
  const { provider: other } = await setUp(database);
  expect(await readAccountDetails(database, other, accountId)).toBeUndefined();
  expect(await lock(other)).toBeUndefined();
  await database.query("delete from accounts where id = $1", [accountId]);
  expect(await readAccountDetails(database, provider, accountId)).toBeUndefined();
  expect(await lock(provider)).toBeUndefined();
});
