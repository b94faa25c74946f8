import { expect } from "vitest";
import type { Database, Pool } from "#platform/database/database.ts";
import { findByText, requestAccountPlan } from "#portal/accounts/index.ts";
import {
  addApplicationKey,
  addReferrerFilter,
  changeApplicationState,
  createApplication,
  customizeApplicationPlan,
  decustomizeApplicationPlan,
  deleteProduct,
  findApplication,
  listApplications,
  rejectApplication,
  readApplications,
  readProductAccess,
  readSubscriptions,
  requestApplicationPlan,
  requestSubscription,
  searchApplications,
  servicePlanFor,
  updateApplication,
} from "#portal/applications/index.ts";
import {
  createPlan,
  createProduct,
  deletePlan,
  listPlans,
  makePlanDefault,
  readProduct,
  updateProduct,
} from "#portal/products/index.ts";
import { test } from "../support/test.ts";
import { byApi as by, countRows, eventsOf, form, setUp, signedUp } from "./portal-fixture.ts";

async function newPlan(pool: Pool, providerId: number, productId: number): Promise<number> {
  const values = { name: "Gold & Co.", cost_per_month: "12.5" };
  const created = await createPlan(pool, { providerId, kind: "application_plan", productId, values, by });
  if (!created || !("plan" in created)) throw new Error(JSON.stringify(created));
  return created.plan.id;
}

test("developers request neither hidden plans, nor plans of other products or kinds, nor the present one", async ({
  sharedPool: pool,
}) => {
  const { application, ...change } = await signedUp(pool);
  const { provider, productId } = change;
  const other = await createProduct(pool, { providerId: provider.id, values: { name: "Other" }, by });
  const otherId = "product" in other ? other.product.id : 0;
  const published = await newPlan(pool, provider.id, productId);
  const [service] = await listPlans(pool, provider.id, { kind: "service_plan", productId });
  const wrong = [await newPlan(pool, provider.id, otherId), service?.id ?? 0, application.plan.id];
  await pool.query("update plans set state = 'published' where provider_id = $1", [provider.id]);
  const hidden = await createPlan(pool, {
    providerId: provider.id,
    kind: "application_plan",
    productId,
    values: { name: "Hidden" },
    by,
  });
  for (const planId of [...wrong, hidden && "plan" in hidden ? hidden.plan.id : 0])
    expect(await requestApplicationPlan(pool, { ...change, planId })).toEqual({ notFound: "plan" });
  expect(await requestApplicationPlan(pool, { ...change, planId: published })).toHaveProperty("requested");
  const account = { kind: "account_plan", productId: null, values: { name: "Hidden" } } as const;
  const hiddenAccountPlan = await createPlan(pool, { providerId: provider.id, ...account, by });
  for (const planId of [published, hiddenAccountPlan && "plan" in hiddenAccountPlan ? hiddenAccountPlan.plan.id : 0])
    expect(await requestAccountPlan(pool, { ...change, planId })).toEqual({ notFound: "plan" });
});

test("developers subscribe to no product whose applications only the provider manages", async ({
  sharedPool: pool,
}) => {
  const { provider, accountId } = await signedUp(pool);
  const other = await createProduct(pool, { providerId: provider.id, values: { name: "Other" }, by });
  const productId = "product" in other ? other.product.id : 0;
  await updateProduct(pool, { providerId: provider.id, productId, values: { buyers_manage_apps: false }, by });
  const request = () => requestSubscription(pool, { provider, accountId, productId, by });
  expect(await request()).toBeUndefined();
  await updateProduct(pool, { providerId: provider.id, productId, values: { buyers_manage_apps: true }, by });
  expect(await request()).toEqual({ state: "live" });
});

test("what developers may subscribe to is known from one service plan of each product", async ({
  sharedPool: pool,
}) => {
  const { provider, accountId } = await signedUp(pool);
  const other = await createProduct(pool, { providerId: provider.id, values: { name: "Other" }, by });
  const productId = "product" in other ? other.product.id : 0;
  await pool.query(
    `insert into plans (provider_id, kind, product_id, name, system_name, state, approval_required)
     select $1, 'service_plan', $2, 'Plan ' || n, 'plan_' || n, case when n > 2 then 'published' else 'hidden' end, n < 5
     from generate_series(1, 20) as n`,
    [provider.id, productId],
  );
  let rows = 0;
  const read = async () => {
    const query: Database["query"] = async <Row>(text: string, values?: readonly unknown[]) => {
      const result = await pool.query<Row>(text, values);
      rows += result.length;
      return result;
    };
    const accessTo = await readProductAccess({ caches: pool.caches, query }, provider.id, accountId);
    return accessTo(productId);
  };
  expect(await read()).toBe("open"); // the default plan, which was created with the product
  expect(rows).toBe(3); // the plans of two products, and the subscription to the first
  await pool.query("update plans set is_default = false where provider_id = $1 and product_id = $2", [
    provider.id,
    productId,
  ]);
  await pool.query("delete from plans where provider_id = $1 and product_id = $2 and system_name = 'default'", [
    provider.id,
    productId,
  ]);
  expect(await read()).toBe("on request"); // the first published one
  await pool.query("update plans set state = 'hidden' where provider_id = $1 and product_id = $2", [
    provider.id,
    productId,
  ]);
  expect(await read()).toBe("closed");
  const product = await readProduct(pool, provider.id, productId);
  expect(product && (await servicePlanFor(pool, provider.id, product, "program"))).toMatchObject({ name: "Plan 1" });
});

test("errors of an application's credentials are reported beside each field", async ({ sharedPool: pool }) => {
  const { provider, accountId, application } = await signedUp(pool);
  const create = (values: object): ReturnType<typeof createApplication> =>
    createApplication(pool, {
      provider,
      accountId,
      planId: application.plan.id,
      values: { name: "Tides", ...values },
      writer: "program",
      by,
    });
  expect(
    await create({ user_key: "a b", application_id: "a/b/c", application_key: ["four", "same-key", "SAME-KEY"] }),
  ).toEqual({
    refused: {
      user_key: ["is invalid"],
      application_id: ["is invalid"],
      application_key: ["is too short (minimum is 5 characters)", "has already been taken"],
    },
  });
  expect(await create({ name: "", first_traffic_at: "tomorrow" })).toEqual({
    refused: { first_traffic_at: ["is invalid"] },
  });
  expect(await create({ user_key: application.userKey, application_id: application.applicationId })).toEqual({
    refused: { user_key: ["has already been taken"], application_id: ["has already been taken"] },
  });
});

test("an application without a name, or with a blank one, is found under its number", async ({ sharedPool: pool }) => {
  const { provider, accountId, application } = await signedUp(pool);
  const change = { provider, accountId, applicationId: application.id, writer: "program", by } as const;
  await updateApplication(pool, { ...change, values: { name: "" } });
  const find = () => findByText(pool, provider.id, application.userKey, null);
  expect(await find()).toMatchObject([{ title: `Application ${application.id}` }]);
  await pool.query("update applications set name = null where id = $1", [application.id]);
  expect(await find()).toMatchObject([{ title: `Application ${application.id}` }]);
});

test("a developer cannot choose credentials, nor the plan unless the product allows it", async ({
  sharedPool: pool,
}) => {
  const { provider, accountId, application, productId } = await signedUp(pool);
  const planId = await newPlan(pool, provider.id, productId);
  const create = (input: number): ReturnType<typeof createApplication> => {
    const values = { name: "Tides", user_key: "chosen" };
    return createApplication(pool, { provider, accountId, planId: input, values, writer: "developer", by });
  };
  expect(await create(application.plan.id)).toMatchObject({
    application: { name: "Tides", userKey: expect.stringMatching(/^[0-9a-f]{32}$/) },
  });
  expect(await create(planId)).toEqual({ notAllowed: "developers" });
  await updateProduct(pool, { providerId: provider.id, productId, values: { buyers_manage_apps: "0" }, by });
  expect(await create(application.plan.id)).toEqual({ notAllowed: "developers" });
});

test("the first application of a product subscribes the account to it", async ({ sharedPool: pool }) => {
  const { provider, accountId, productId } = await signedUp(pool);
  await pool.query(`delete from applications where provider_id = $1`, [provider.id]);
  await pool.query(`delete from service_subscriptions where provider_id = $1`, [provider.id]);
  const planId = await newPlan(pool, provider.id, productId);
  const create = (): ReturnType<typeof createApplication> =>
    createApplication(pool, { provider, accountId, planId, values: { name: "Tides" }, writer: "program", by });
  expect(await create()).toHaveProperty("application");
  await pool.query(`delete from service_subscriptions where provider_id = $1`, [provider.id]);
  await pool.query(`delete from plans where provider_id = $1 and kind = 'service_plan'`, [provider.id]);
  expect(await create()).toEqual({ notFound: "service plan" });
});

test("a refused application leaves no subscription", async ({ sharedPool: pool }) => {
  const { provider, accountId, application, productId } = await signedUp(pool);
  await pool.query(`delete from service_subscriptions where provider_id = $1`, [provider.id]);
  const before = await countRows(pool, provider.id);
  const create = (writer: "program" | "developer", values: object): ReturnType<typeof createApplication> => {
    const input = { provider, accountId, planId: application.plan.id, values: { name: "Tides", ...values } };
    return createApplication(pool, { ...input, writer, by });
  };
  expect(await create("program", { user_key: application.userKey })).toEqual({
    refused: { user_key: ["has already been taken"] },
  });
  expect(await countRows(pool, provider.id)).toEqual(before);

  await pool.query(`update plans set approval_required = true where kind = 'service_plan' and product_id = $1`, [
    productId,
  ]);
  expect(await create("developer", {})).toEqual({ refused: { base: ["Your subscription to API is not live."] } });
  expect(await countRows(pool, provider.id)).toEqual(before);
});

test("an update records changed fields with previous values, but never a key", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool);
  const values = { user_key: "by-hand", name: "Tides", redirect_url: "https://tides.example/back" };
  expect(await updateApplication(pool, { ...change, values, writer: "program" })).toMatchObject({
    application: { userKey: "by-hand", name: "Tides", redirectUrl: "https://tides.example/back" },
  });
  const { name } = change.application;
  expect((await eventsOf(pool, change.provider.id)).at(-1)).toMatchObject({
    type: "application.updated",
    previous: { user_key: null, name, redirect_url: null },
  });
});

test("previous times have the form that documents show them in", async ({ sharedPool: pool }) => {
  const { provider, ...change } = await signedUp(pool);
  const update = (day: string) => {
    const values = { first_traffic_at: `${day}T12:00:00Z`, accepted_at: `${day}T12:00:00Z` };
    const inOslo = { ...provider, timeZone: "Europe/Oslo" };
    return updateApplication(pool, { ...change, provider: inOslo, values, writer: "program" });
  };
  await update("2026-03-01");
  await update("2026-03-02");
  expect((await eventsOf(pool, provider.id)).at(-1)?.previous).toEqual({
    first_traffic_at: "2026-03-01T13:00:00+01:00",
    accepted_at: "2026-03-01T13:00:00+01:00",
  });
});

test("concurrently added keys never exceed five", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool);
  const adding = Array.from({ length: 8 }, () => addApplicationKey(pool, { ...change, writer: "program" }));
  const outcomes = await Promise.all(adding);
  expect(outcomes.filter((each) => each && "application" in each)).toHaveLength(5);
  expect(outcomes).toContainEqual({ refused: { base: ["Limit reached"] } });
});

test("a plan in use cannot be deleted", async ({ sharedPool: pool }) => {
  const { provider, application, productId } = await signedUp(pool);
  const ofKind = { providerId: provider.id, kind: "application_plan", productId, by } as const;
  expect(await deletePlan(pool, { ...ofKind, planId: application.plan.id })).toEqual({
    notAllowed: "application_plan in use",
  });
  const planId = await newPlan(pool, provider.id, productId);
  expect(await deletePlan(pool, { ...ofKind, kind: "service_plan", planId })).toBeUndefined();
  expect(await deletePlan(pool, { ...ofKind, planId })).toMatchObject({ plan: { systemName: "gold_co" } });
});

test("there is one default plan at a time", async ({ sharedPool: pool }) => {
  const { provider, productId } = await signedUp(pool);
  const ids = [await newPlan(pool, provider.id, productId)];
  const second = { name: "Silver" };
  const created = await createPlan(pool, {
    providerId: provider.id,
    kind: "application_plan",
    productId,
    values: second,
    by,
  });
  if (created && "plan" in created) ids.push(created.plan.id);
  const input = { providerId: provider.id, kind: "application_plan", productId, by } as const;
  await Promise.all(ids.map((planId) => makePlanDefault(pool, { ...input, planId })));
  const plans = await listPlans(pool, provider.id, { kind: "application_plan", productId });
  expect(plans.filter((plan) => plan.isDefault)).toHaveLength(1);
  expect(ids).toContain(plans.find((plan) => plan.isDefault)?.id);
});

test("accepting an application mails it to the account's admins, once", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool);
  await pool.query(`update applications set state = 'pending' where provider_id = $1`, [change.provider.id]);
  for (const transition of ["accept", "accept", "suspend", "resume"] as const) {
    await changeApplicationState(pool, { ...change, transition });
  }
  const mails = await pool.query(`select recipient, subject from mails where provider_id = $1`, [change.provider.id]);
  expect(mails).toEqual([{ recipient: form.email, subject: "Acme: your application is approved" }]);
});

test("rejecting an application mails the reason to the account's admins", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool);
  expect(await rejectApplication(pool, { ...change, reason: "We are full." })).toEqual({
    refused: { state: ['cannot transition via "reject"'] },
  });
  await pool.query(`update applications set state = 'pending' where provider_id = $1`, [change.provider.id]);
  expect(await rejectApplication(pool, { ...change, reason: "We are \ud800." })).toEqual({
    refused: { reason: ["contains characters that are not allowed"] },
  });
  expect(await rejectApplication(pool, { ...change, reason: "We are full." })).toHaveProperty("application");
  const mails = await pool.query(`select recipient, text from mails where provider_id = $1`, [change.provider.id]);
  expect(mails).toEqual([{ recipient: form.email, text: expect.stringContaining("We are full.") }]);
});

test("an application is found only by the credential that its product uses", async ({ sharedPool: pool }) => {
  const { provider, application, productId } = await signedUp(pool);
  const { userKey, applicationId: appId, id } = application;
  const find = (handle: Parameters<typeof findApplication>[2]): ReturnType<typeof findApplication> =>
    findApplication(pool, provider.id, handle);
  expect(await find({ userKey })).toMatchObject({ id });
  expect(await find({ appId })).toBeUndefined();
  expect(await find({ userKey, productId: productId + 1 })).toBeUndefined();
  expect(await find({ userKey: "\u0000" })).toBeUndefined();
  expect(await find({ id })).toMatchObject({ id });
  expect(await find({ id, accountId: 0 })).toBeUndefined();
  await updateProduct(pool, { providerId: provider.id, productId, values: { backend_version: "2" }, by });
  expect(await find({ userKey })).toBeUndefined();
  expect(await find({ appId })).toMatchObject({ id });

  const other = await setUp(pool);
  expect(await findApplication(pool, other.provider.id, { id })).toBeUndefined();
});

test("applications are listed in pages, filtered, and only of the provider", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool);
  const { provider, accountId, application } = change;
  await signedUp(pool);
  const planId = await newPlan(pool, provider.id, change.productId);
  const values = { name: "Tides", first_daily_traffic_at: "2026-01-05" };
  await createApplication(pool, { provider, accountId, planId, values, writer: "program", by });
  await changeApplicationState(pool, { ...change, transition: "suspend" });
  const namesOf = async (
    filter: Parameters<typeof searchApplications>[2],
    page = { limit: 10, offset: 0 },
  ): Promise<(string | null)[]> => {
    const { ids } = await searchApplications(pool, provider.id, filter, page);
    return (await readApplications(pool, provider.id, ids)).map(({ name }) => name);
  };

  const first = application.name;
  const second = { limit: 1, offset: 1 };
  expect(await searchApplications(pool, provider.id, {}, second)).toMatchObject({ total: 2 });
  expect(await namesOf({}, second)).toEqual(["Tides"]);
  expect(await namesOf({ state: "suspended" })).toEqual([first]);
  expect(await namesOf({ planType: "paid" })).toEqual(["Tides"]);
  expect(await namesOf({ planType: "free" })).toEqual([first]);
  expect(await namesOf({ planId })).toEqual(["Tides"]);
  expect(await namesOf({ productId: 0 })).toEqual([]);
  expect(await namesOf({ name: "tid" })).toEqual(["Tides"]);
  expect(await namesOf({ accountQuery: "FJORD" })).toEqual([first, "Tides"]);
  expect(await namesOf({ userKey: application.userKey })).toEqual([first]);
  expect(await namesOf({ activeSince: new Date("2026-01-05T00:00:00Z") })).toEqual(["Tides"]);
  expect(await namesOf({ inactiveSince: new Date("2026-01-04T00:00:00Z") })).toEqual([]);
  expect(await namesOf({ name: "\u0000" })).toEqual([]);
});

/** A database in which `change` commits between the first statement and the second. */
const changedInBetween = (pool: Pool, change: () => Promise<unknown>): Database => {
  let isChanged = false;
  return {
    caches: pool.caches,
    async query<Row>(text: string, values?: readonly unknown[]) {
      const rows = await pool.query<Row>(text, values);
      if (!isChanged) await change();
      isChanged = true;
      return rows;
    },
  };
};

test("lists of applications and subscriptions are complete while one moves to another plan or ends", async ({
  sharedPool: pool,
}) => {
  const change = await signedUp(pool);
  const { provider, application, accountId, productId } = change;
  await createProduct(pool, { providerId: provider.id, values: { name: "Other" }, by });
  const list = (during: () => Promise<unknown>) =>
    listApplications(changedInBetween(pool, during), provider.id, accountId);
  await customizeApplicationPlan(pool, change);
  const listed = await list(() => decustomizeApplicationPlan(pool, change));
  expect(listed.map(({ plan }) => plan.id)).toEqual([application.plan.id]);

  const ofService = { providerId: provider.id, kind: "service_plan", productId } as const;
  const created = await createPlan(pool, { ...ofService, values: { name: "Gold" }, by });
  const goldId = created && "plan" in created ? created.plan.id : 0;
  const read = (during: () => Promise<unknown>) =>
    readSubscriptions(changedInBetween(pool, during), provider.id, accountId);
  const subscriptions = await read(async () => {
    await pool.query("update service_subscriptions set plan_id = $2 where account_id = $1", [accountId, goldId]);
    await pool.query("delete from plans where kind = 'service_plan' and product_id = $1 and id <> $2", [
      productId,
      goldId,
    ]);
  });
  expect(subscriptions.map(({ plan }) => plan.id)).toEqual([goldId]);

  expect(await list(() => deleteProduct(pool, { provider, productId, by }))).toEqual([]);
});

test("a referrer filter is a host or a pattern of hosts", async ({ sharedPool: pool }) => {
  const change = await signedUp(pool);
  const add = (value: string): ReturnType<typeof addReferrerFilter> => addReferrerFilter(pool, { ...change, value });
  expect(await add("*.fjord.example")).toMatchObject({ application: { referrerFilters: ["*.fjord.example"] } });
  expect(await add("*.fjord.example")).toEqual({ refused: { value: ["has already been taken"] } });
  expect(await add("https://fjord.example")).toEqual({ refused: { value: ["is invalid"] } });
  expect(await add("")).toEqual({ refused: { value: ["can't be blank"] } });
});

test("in the Admin Portal, plans and products with equal names get distinct system names", async ({
  sharedPool: pool,
}) => {
  const { provider, product } = await setUp(pool);
  const providerId = provider.id;
  const inPortal = { ...by, channel: "admin_portal" } as const;
  const plan = (values: object): ReturnType<typeof createPlan> =>
    createPlan(pool, {
      providerId,
      kind: "application_plan",
      productId: product.id,
      values: { ...values },
      by: inPortal,
    });
  expect(await plan({ name: "Basic" })).toMatchObject({ plan: { systemName: expect.stringMatching(/^basic_\w{6}$/) } });
  expect(await plan({ name: "Other", system_name: "basic" })).toEqual({
    refused: { system_name: ["has already been taken"] },
  });
  const values = { name: "API", backend_version: "oidc" };
  expect(await createProduct(pool, { providerId, values, by: inPortal })).toMatchObject({
    product: { systemName: expect.stringMatching(/^api_\w{6}$/), oidcConfiguration: { standard_flow_enabled: true } },
  });
});
