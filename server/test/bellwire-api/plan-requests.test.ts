import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { changeAccountPlan, requestAccountPlan, signUpAccount } from "#portal/accounts/index.ts";
import {
  type Application,
  approveSubscription,
  listApplications,
  listPendingSubscriptions,
  readSubscriptions,
  requestApplicationPlan,
  requestSubscriptionPlan,
} from "#portal/applications/index.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";
import { passwords } from "../support/passwords.ts";

async function signUp({ pool, provider }: BellwireApi, now: Date, username = "mira"): Promise<Application> {
  const values = { org_name: "Harbour", username, email: `${username}@harbour.example` };
  const by = { via: "program", actor: { kind: "key" }, channel: "api" } as const;
  const signedUp = await signUpAccount(pool, passwords, { provider, values, by, now });
  const account = "details" in signedUp ? signedUp.details.account.id : 0;
  const [application] = await listApplications(pool, provider.id, account);
  if (!application) throw new Error(JSON.stringify(signedUp));
  return application;
}

async function addPlan(pool: Pool, { product }: Application, name: string): Promise<number> {
  const [plan] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select provider_id, 'application_plan', id, $2, lower($2), 'published' from products where id = $1
     returning id`,
    [product.id, name],
  );
  return plan?.id ?? 0;
}

/** A sign-up whose first application requests the plan Gold. */
async function requestGold(api: BellwireApi, now: Date): Promise<{ application: Application; gold: number }> {
  const { pool, provider } = api;
  const application = await signUp(api, now);
  const gold = await addPlan(pool, application, "Gold");
  await pool.query("update products set buyer_plan_change_permission = 'request' where id = $1", [
    application.product.id,
  ]);
  const by = { actor: { kind: "developer", userId: 0 }, channel: "developer_portal", now } as const;
  const { accountId, id: applicationId } = application;
  await requestApplicationPlan(pool, {
    provider,
    accountId,
    applicationId,
    planId: gold,
    by,
  });
  return { application, gold };
}

const requests = async (api: BellwireApi): Promise<object[]> => (await api.call("GET", "/plan_requests")).json().data;

test("a plan request is listed until it is declined, which keeps the plan", async ({ api, clock }) => {
  const { application, gold } = await requestGold(api, clock.now());
  expect(await requests(api)).toMatchObject([
    { application_id: application.id, org_name: "Harbour", plan_id: gold, plan_name: "Gold" },
  ]);
  const path = `/applications/${application.id}/plan_request`;
  expect((await api.call("DELETE", path)).statusCode).toBe(204);
  expect((await api.call("DELETE", path)).statusCode).toBe(404);
  expect(await requests(api)).toEqual([]);
  const [unchanged] = await listApplications(api.pool, api.provider.id, application.accountId);
  expect(unchanged?.plan.name).toBe("Basic");
});

test("the requests of some applications and accounts are listed", async ({ api, otherApi, clock }) => {
  const { application } = await requestGold(api, clock.now());
  const { accountId } = await requestGoldForAccount(api, clock.now(), "nils");
  const listed = async (path: string, asked = api) => (await asked.call("GET", path)).json().data.length;
  const others = application.id + 1;
  expect(await listed(`/plan_requests?application_id=${others}&application_id=${application.id}`)).toBe(1);
  expect(await listed(`/plan_requests?application_id=${others}`)).toBe(0);
  expect(await listed(`/plan_requests?application_id=${application.id}`, otherApi)).toBe(0);
  expect(await listed(`/account_plan_requests?account_id=${accountId}&account_id=${application.accountId}`)).toBe(1);
  expect(await listed(`/account_plan_requests?account_id=${application.accountId}`)).toBe(0);
  const tooMany = Array.from({ length: 201 }, (_, index) => `account_id=${index + 1}`).join("&");
  expect((await api.call("GET", `/account_plan_requests?${tooMany}`)).statusCode).toBe(422);
});

/** A sign-up whose account requests the account plan Gold. */
async function requestGoldForAccount(api: BellwireApi, now: Date, username = "mira") {
  const { pool, provider } = api;
  const { accountId } = await signUp(api, now, username);
  const [gold] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, name, system_name, state)
     values ($1, 'account_plan', 'Gold', 'gold', 'published') returning id`,
    [provider.id],
  );
  const by = { actor: { kind: "developer", userId: 0 }, channel: "developer_portal", now } as const;
  const change = { provider, accountId, planId: gold?.id ?? 0, by };
  await requestAccountPlan(pool, change);
  return change;
}

const accountRequests = async (api: BellwireApi): Promise<object[]> =>
  (await api.call("GET", "/account_plan_requests")).json().data;

test("an account plan request is listed until it is declined or granted", async ({ api, otherApi, clock }) => {
  const change = await requestGoldForAccount(api, clock.now());
  const path = `/accounts/${change.accountId}/plan_request`;
  const expected = [{ account_id: change.accountId, org_name: "Harbour", plan_id: change.planId, plan_name: "Gold" }];
  expect(await accountRequests(api)).toMatchObject(expected);
  expect(await accountRequests(otherApi)).toEqual([]);
  expect((await otherApi.call("DELETE", path)).statusCode).toBe(404);
  expect((await api.call("DELETE", path)).statusCode).toBe(204);
  expect((await api.call("DELETE", path)).statusCode).toBe(404);
  expect(await accountRequests(api)).toEqual([]);

  await requestAccountPlan(api.pool, change);
  expect(await accountRequests(api)).toMatchObject(expected);
  await changeAccountPlan(api.pool, change);
  expect(await accountRequests(api)).toEqual([]);
});

const pendingSubscriptions = async (api: BellwireApi): Promise<object[]> =>
  (await api.call("GET", "/pending_subscriptions")).json().data;

test("a subscription that waits for approval is listed, to those who see its product, until it is approved", async ({
  api,
  otherApi,
  clock,
}) => {
  const { pool, provider } = api;
  const { accountId, product } = await signUp(api, clock.now());
  await pool.query("update service_subscriptions set state = 'pending' where account_id = $1", [accountId]);
  expect(await pendingSubscriptions(api)).toMatchObject([
    { account_id: accountId, org_name: "Harbour", product_id: product.id, product_name: "API", plan_name: "Default" },
  ]);
  expect(await pendingSubscriptions(otherApi)).toEqual([]);
  const [pending] = await listPendingSubscriptions(pool, provider.id, { scope: [product.id] });
  expect(await listPendingSubscriptions(pool, provider.id, { scope: [product.id + 1] })).toEqual([]);
  const by = { actor: { kind: "key" }, channel: "api", now: clock.now() } as const;
  await approveSubscription(pool, { provider, accountId, subscriptionId: pending?.subscriptionId ?? 0, by });
  expect(await pendingSubscriptions(api)).toEqual([]);
});

test("a requested service plan is listed until it is declined, which keeps the plan", async ({
  api,
  otherApi,
  clock,
}) => {
  const { pool, provider } = api;
  const { accountId, product } = await signUp(api, clock.now());
  const [gold] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     values ($1, 'service_plan', $2, 'Gold', 'gold', 'published') returning id`,
    [provider.id, product.id],
  );
  const [subscribed] = await readSubscriptions(pool, provider.id, accountId);
  const subscriptionId = subscribed?.subscription.id ?? 0;
  const by = { actor: { kind: "developer", userId: 0 }, channel: "developer_portal", now: clock.now() } as const;
  await requestSubscriptionPlan(pool, { provider, accountId, subscriptionId, planId: gold?.id ?? 0, by });
  expect(await pendingSubscriptions(api)).toMatchObject([
    { subscription_id: subscriptionId, plan_name: "Default", requested_plan_id: gold?.id, requested_plan_name: "Gold" },
  ]);
  expect(await listPendingSubscriptions(pool, provider.id, { scope: [product.id + 1] })).toEqual([]);
  expect(await pendingSubscriptions(otherApi)).toEqual([]);
  const path = `/accounts/${accountId}/service_subscriptions/${subscriptionId}/plan_request`;
  expect((await otherApi.call("DELETE", path)).statusCode).toBe(404);
  const headers = { authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"] })}` };
  expect((await api.call("DELETE", path, { headers })).statusCode, "without the section of plans").toBe(403);
  expect((await api.call("DELETE", path)).statusCode).toBe(204);
  expect((await api.call("DELETE", path)).statusCode).toBe(404);
  expect(await pendingSubscriptions(api)).toEqual([]);
});

test("a decision about a plan request leaves those of the provider's other accounts and applications", async ({
  api,
  clock,
}) => {
  const { application, gold } = await requestGold(api, clock.now());
  const other = await signUp(api, clock.now(), "olaf");
  const { pool, provider } = api;
  await pool.query("insert into plan_requests (provider_id, application_id, plan_id) values ($1, $2, $3)", [
    provider.id,
    other.id,
    gold,
  ]);
  await pool.query(
    "insert into account_plan_requests (provider_id, account_id, plan_id) select $1, unnest($2::bigint[]), $3",
    [provider.id, [application.accountId, other.accountId], gold],
  );
  const { id, accountId } = application;
  for (const path of [`/applications/${id}/plan_request`, `/accounts/${accountId}/plan_request`])
    expect((await api.call("DELETE", path)).statusCode).toBe(204);
  const left = await pool.query(
    `select application_id as id from plan_requests where provider_id = $1
     union all select account_id from account_plan_requests where provider_id = $1`,
    [provider.id],
  );
  expect(left).toEqual([{ id: other.id }, { id: other.accountId }]);
});

/** Requests of 201 other accounts and applications that are older than any other. */
const olderRequests = [
  `insert into accounts (provider_id, org_name, plan_id)
   select $1, 'Other ' || number, (select plan_id from accounts where provider_id = $1 and id = $2)
   from generate_series(1, 201) as number`,
  `insert into applications (provider_id, account_id, product_id, plan_id, name, user_key, application_id, state,
     provider_verification_key)
   select $1, other.id, plan.product_id, plan.id, 'App', 'key' || other.id, 'app' || other.id, 'live', 'none'
   from accounts other join plans plan on plan.provider_id = $1 and plan.name = 'Gold'
   where other.provider_id = $1 and other.id <> $2`,
  `insert into service_subscriptions (provider_id, account_id, product_id, plan_id, state, created_at)
   select $1, other.id, plan.product_id, plan.id, 'pending', '2020-01-01'
   from accounts other join plans plan on plan.provider_id = $1 and plan.kind = 'service_plan'
   where other.provider_id = $1 and other.id <> $2`,
  `insert into account_plan_requests (provider_id, account_id, plan_id, created_at)
   select $1, id, plan_id, case when id = $2 then now() else '2020-01-01' end from accounts where provider_id = $1`,
  `insert into plan_requests (provider_id, application_id, plan_id, created_at)
   select $1, id, plan_id, '2020-01-01' from applications where provider_id = $1 and account_id <> $2`,
];

test("the requests of one account and application are read by their ids, however many older ones of others there are", async ({
  api,
  otherApi,
  clock,
}) => {
  const { application, gold } = await requestGold(api, clock.now());
  const { id, accountId, product } = application;
  await api.pool.query("update service_subscriptions set state = 'pending', created_at = now() where account_id = $1", [
    accountId,
  ]);
  for (const statement of olderRequests) await api.pool.query(statement, [api.provider.id, accountId]);
  const lists = [
    ["/plan_requests", `application_id=${id}`, { application_id: id, plan_id: gold }],
    ["/account_plan_requests", `account_id=${accountId}`, { account_id: accountId }],
    ["/pending_subscriptions", `account_id=${accountId}`, { account_id: accountId, requested_plan_id: null }],
  ] as const;
  const member = { role: "member", sections: ["partners", "plans"] } as const;
  const narrow = await api.addToken({ ...member, serviceIds: [product.id + 1] });
  for (const [path, filter, request] of lists) {
    const read = async (from: BellwireApi, query: string, headers = {}) =>
      (await from.call("GET", `${path}?${query}`, { headers })).json().data;
    const first = await read(api, "");
    expect([path, first.length]).toEqual([path, 200]);
    expect(first).not.toContainEqual(expect.objectContaining(request));
    expect(await read(api, filter)).toMatchObject([request]);
    expect(await read(otherApi, filter), "another provider").toEqual([]);
    if (path === "/account_plan_requests") continue; // accounts belong to no product
    expect(await read(api, filter, { authorization: `Bearer ${narrow}` }), "another product").toEqual([]);
  }
});

test("only another published service plan of the same product can be requested, and only for a live subscription", async ({
  api,
  clock,
}) => {
  const { pool, provider } = api;
  const { accountId, product } = await signUp(api, clock.now());
  const [subscribed] = await readSubscriptions(pool, provider.id, accountId);
  const { id: subscriptionId, planId: present } = subscribed?.subscription ?? { id: 0, planId: 0 };
  const [other] = await pool.query<{ id: number }>(
    "insert into products (provider_id, name, system_name) values ($1, 'Ferries', 'ferries') returning id",
    [provider.id],
  );
  const add = async (name: string, kind: string, productId: number | undefined, state: string): Promise<number> => {
    const [plan] = await pool.query<{ id: number }>(
      `insert into plans (provider_id, kind, product_id, name, system_name, state)
       values ($1, $2, $3, $4, lower($4), $5) returning id`,
      [provider.id, kind, productId, name, state],
    );
    return plan?.id ?? 0;
  };
  const by = { actor: { kind: "developer", userId: 0 }, channel: "developer_portal", now: clock.now() } as const;
  const request = (planId: number) =>
    requestSubscriptionPlan(pool, { provider, accountId, subscriptionId, planId, by });
  const refused = { notFound: "plan" };
  expect(await request(present), "the present plan").toEqual(refused);
  expect(await request(await add("Hidden", "service_plan", product.id, "hidden")), "a hidden plan").toEqual(refused);
  expect(await request(await add("Abroad", "service_plan", other?.id, "published")), "another product").toEqual(
    refused,
  );
  expect(await request(await add("Calls", "application_plan", product.id, "published")), "another kind").toEqual(
    refused,
  );
  const gold = await add("Gold", "service_plan", product.id, "published");
  await pool.query("update service_subscriptions set state = 'pending' where id = $1", [subscriptionId]);
  expect(await request(gold), "a pending subscription").toBeUndefined();
  await pool.query("update service_subscriptions set state = 'live' where id = $1", [subscriptionId]);
  expect(await request(gold)).toMatchObject({ requested: { id: gold } });
});
