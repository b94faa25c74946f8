import { expect } from "vitest";
import { createProviderUser, lockProviderUsers } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { lockAccount } from "#portal/accounts/index.ts";
import { deleteApplication, deleteProduct, listApplications } from "#portal/applications/index.ts";
import { lockKeys } from "#webhooks/deliveries/lock-order.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { addProduct, byForm, form, now, setUp, signUp } from "./portal-fixture.ts";

const by = { actor: { kind: "key" }, channel: "api", now } as const;

test("deleting a product and subscribing to it cannot deadlock", async ({ sharedPool: pool }) => {
  const { provider, product } = await setUp(pool);
  await addProduct(pool, provider.id);
  const { details } = await signUp(pool, { provider, by: byForm });
  const accountId = details.account.id;
  await pool.query("delete from applications where account_id = $1", [accountId]); // the subscription stays
  let deletion: ReturnType<typeof deleteProduct> | undefined;
  await pool.inTransaction(async (tx) => {
    await lockAccount(tx, provider.id, accountId);
    deletion = deleteProduct(pool, { provider, productId: product.id, by });
    const itWaits = "select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid";
    await until(async () => (await tx.query(itWaits)).length > 0);
    await tx.query("select from products where id = $1 for key share", [product.id]);
  });
  expect(await deletion).toMatchObject({ product: { id: product.id } });
});

test("deleting a product and starting to use it while the deletion waits cannot deadlock", async ({
  sharedPool: pool,
}) => {
  const { provider, product } = await setUp(pool);
  await addProduct(pool, provider.id);
  const { details } = await signUp(pool, { provider, by: byForm });
  const accountId = details.account.id;
  const [plan] = await pool.query<{ id: number }>(
    "delete from service_subscriptions where account_id = $1 returning plan_id as id",
    [accountId],
  );
  await pool.query("delete from applications where account_id = $1", [accountId]);
  const areWaiting = async (count: number): Promise<boolean> => (await countWaiting(pool)) === count;
  let isDeleted = false;

  const { deletion, newcomer } = await pool.inTransaction(async (tx) => {
    await lockAccount(tx, provider.id, accountId);
    await tx.query(
      "insert into service_subscriptions (provider_id, account_id, product_id, plan_id) values ($1, $2, $3, $4)",
      [provider.id, accountId, product.id, plan?.id],
    );
    const subscribing = pool.inTransaction(async (other) => {
      await lockAccount(other, provider.id, accountId);
      // Waits until the deletion waits for the product or the account, or has ended.
      await until(async () => isDeleted || (await areWaiting(1)));
      await other.query("select from products where id = $1 for key share", [product.id]);
    });
    subscribing.catch(() => undefined);
    await until(() => areWaiting(1));
    const deleting = deleteProduct(pool, { provider, productId: product.id, by });
    deleting.then(
      () => (isDeleted = true),
      () => undefined,
    );
    await until(() => areWaiting(2));
    return { deletion: deleting, newcomer: subscribing };
  });
  await newcomer;
  expect(await deletion).toMatchObject({ product: { id: product.id } });
});

test("of two deletions at once of the last two products, the second is refused", async ({ database }) => {
  const { provider, product } = await setUp(database);
  await addProduct(database, provider.id);
  const others = await database.query<{ id: number }>("select id from products where id <> $1", [product.id]);
  const waiting = (count: number) => until(async () => (await countWaiting(database)) === count);
  const { first, second } = await database.inTransaction(async (tx) => {
    await tx.query("select from products where id = $1 for update", [product.id]);
    const deleting = { first: deleteProduct(database, { provider, productId: product.id, by }) };
    await waiting(1);
    const deletingOther = deleteProduct(database, { provider, productId: others[0]?.id ?? 0, by });
    await Promise.race([deletingOther, waiting(2)]);
    return { ...deleting, second: deletingOther };
  });
  expect([await first, await second]).toMatchObject([{ product }, { notAllowed: "last product" }]);
  expect(await database.query("select id from products")).toEqual(others);
});

test("an application that is deleted while the deletion of its product waits for its account has one event", async ({
  database,
}) => {
  const { provider, product } = await setUp(database);
  await addProduct(database, provider.id);
  await buildEndpoint(database, { providerId: provider.id, url: "http://127.0.0.1:9/" });
  const { details } = await signUp(database, { provider, by: byForm });
  const accountId = details.account.id;
  const [application] = await listApplications(database, provider.id, accountId);
  const change = { provider, accountId, applicationId: application?.id ?? 0, by, writer: "program" } as const;
  const deletions = await database.inTransaction(async (tx) => {
    await lockAccount(tx, provider.id, accountId);
    const ofApplication = deleteApplication(database, change);
    await until(async () => (await countWaiting(database)) === 1);
    const ofProduct = deleteProduct(database, { provider, productId: product.id, by });
    await until(async () => (await countWaiting(database)) === 2);
    return { ofApplication, ofProduct };
  });
  expect(await deletions.ofApplication).toMatchObject({ application: { id: application?.id } });
  expect(await deletions.ofProduct).toMatchObject({ product: { id: product.id } });
  const events = await database.query("select from events where type = 'application.deleted'");
  expect(events).toHaveLength(1);
});

test("a deletion of a product locks the ordering keys of endpoints in the order of all changes", async ({
  database,
}) => {
  const { provider, product } = await setUp(database);
  await addProduct(database, provider.id);
  const endpointIds: number[] = [];
  for (const name of ["crm", "billing"]) {
    const endpoint = { providerId: provider.id, url: "https://crm.example/hook", name, allActors: true } as const;
    endpointIds.push(await buildEndpoint(database, { ...endpoint, ordering: "account" }));
  }
  const accountIds: number[] = [];
  for (const name of ["nora", "olga"]) {
    const values = { ...form, username: name, email: `${name}@fjord.example` };
    accountIds.push((await signUp(database, { provider, by: byForm, values })).details.account.id);
  }
  const [[firstEndpoint = 0, secondEndpoint = 0], [firstAccount, secondAccount]] = [endpointIds, accountIds];
  const deletions: Promise<unknown>[] = [];
  await database.inTransaction(async (tx) => {
    lockKeys(tx, [{ endpointId: firstEndpoint, orderingKey: `account/${secondAccount}` }]);
    await tx.query("select");
    deletions.push(Promise.allSettled([deleteProduct(database, { provider, productId: product.id, by })]));
    await until(() => countWaiting(database));
    lockKeys(tx, [{ endpointId: secondEndpoint, orderingKey: `account/${firstAccount}` }]);
  });
  expect(await Promise.all(deletions)).toMatchObject([[{ status: "fulfilled" }]]);
});

test("deleting a product and changing one of the provider's users cannot deadlock", async ({ sharedPool: pool }) => {
  const { provider, product } = await setUp(pool);
  await addProduct(pool, provider.id);
  const addMember = (username: string) =>
    pool.inTransaction((tx) =>
      createProviderUser(tx, {
        providerId: provider.id,
        username,
        passwordHash: null,
        role: "member",
        serviceIds: [product.id],
      }),
    );
  const first = await addMember("first");
  await addMember("second");
  await pool.query("update provider_users set username = 'moved' where id = $1", [first.id]); // now behind the second
  const deletions: Promise<unknown>[] = [];
  await pool.inTransaction(async (tx) => {
    await tx.query("select from provider_users where id = $1 for no key update", [first.id]);
    deletions.push(Promise.allSettled([deleteProduct(pool, { provider, productId: product.id, by })]));
    await until(() => countWaiting(pool));
    await lockProviderUsers(tx, provider.id);
  });
  expect(await Promise.all(deletions)).toMatchObject([[{ status: "fulfilled" }]]);
});

/** Copies the account, which has one application, `count` times. */
const copyAccountStatement = `
  with copies as (
    insert into accounts (provider_id, org_name, plan_id) select provider_id, org_name, plan_id
    from accounts cross join generate_series(1, $2::integer) where accounts.id = $1
    returning provider_id, id
  )
  insert into applications (provider_id, account_id, product_id, plan_id, user_key, application_id, provider_verification_key)
  select provider_id, copies.id, product_id, plan_id, copies.id, copies.id, '' from applications join copies using (provider_id)`;

/** The pool, with the number of statements of its transactions. */
function countingStatements(pool: Pool) {
  const counted = { statements: 0 };
  const count = (tx: Transaction): Transaction => ({
    ...tx,
    query: (text, values) => {
      counted.statements += 1;
      return tx.query(text, values);
    },
    send: (text, values) => {
      counted.statements += 1;
      return tx.send(text, values);
    },
  });
  return Object.assign(counted, {
    pool: {
      ...pool,
      inTransaction: <T>(work: (tx: Transaction) => Promise<T>) => pool.inTransaction((tx) => work(count(tx))),
    },
  });
}

test("deleting a product with many accounts takes few statements, and numbers and counts the events of each", async ({
  database,
}) => {
  const { provider, product } = await setUp(database);
  await addProduct(database, provider.id);
  const { details } = await signUp(database, { provider, by: byForm });
  await database.query(copyAccountStatement, [details.account.id, 300]);
  await database.query("delete from change_counters");
  const counting = countingStatements(database);
  await deleteProduct(counting.pool, { provider, productId: product.id, by });
  expect(counting.statements).toBeLessThan(50);

  const [recorded] = await database.query(
    `select count(*), count(distinct object_id) as applications, count(*) filter (where sequence = last_sequence) as numbered,
       count(*) filter (where events.id = last_event_id) as last, count(*) filter (where changes = 1 and bytes > 100) as counted
     from events join accounts on accounts.id = account_id left join change_counters using (account_id)
     where type = 'application.deleted'`,
  );
  expect(recorded).toEqual({ count: 301, applications: 301, numbered: 301, last: 301, counted: 301 });
});

test("a product of many accounts is deleted in transactions of 200 applications or subscriptions", async ({
  database,
}) => {
  const { provider, product } = await setUp(database);
  await addProduct(database, provider.id);
  const { details } = await signUp(database, { provider, by: byForm });
  await database.query(copyAccountStatement, [details.account.id, 450]);
  await database.query(
    `insert into service_subscriptions (provider_id, account_id, product_id, plan_id)
     select accounts.provider_id, accounts.id, $2, subscription.plan_id
     from service_subscriptions subscription join accounts using (provider_id)
     where subscription.account_id = $1 and subscription.product_id = $2 and accounts.id <> $1`,
    [details.account.id, product.id],
  );
  const remaining: unknown[] = [];
  const watched: Pool = {
    ...database,
    async inTransaction(work) {
      const result = await database.inTransaction(work);
      remaining.push(
        ...(await database.query(
          `select (select count(*) from applications where product_id = $1) as applications,
             (select count(*) from service_subscriptions where product_id = $1) as subscriptions`,
          [product.id],
        )),
      );
      return result;
    },
  };

  const renamed = { id: product.id, name: "Renamed" };
  const deletion = { provider, productId: product.id, values: { name: renamed.name }, by };
  expect(await deleteProduct(watched, deletion)).toMatchObject({ product: renamed });
  expect(remaining).toEqual([
    { applications: 251, subscriptions: 451 },
    { applications: 51, subscriptions: 451 },
    { applications: 0, subscriptions: 251 },
    { applications: 0, subscriptions: 51 },
    { applications: 0, subscriptions: 0 },
  ]);
  const [recorded] = await database.query(
    `select count(*), count(distinct object_id) as applications from events where type = 'application.deleted'`,
  );
  expect(recorded).toEqual({ count: 451, applications: 451 });
});
