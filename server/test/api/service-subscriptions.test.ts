import { expect } from "vitest";
import { type ProviderApi, test } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

/** Creates an account that is subscribed to one product, another product, and plans of both. */
async function setUp(api: ProviderApi) {
  const { account, service, subscription, application } = await createPortalObjects(api);
  const other = Number((await api.send("POST", "/services.json", { payload: { name: "Tides" } })).json().service.id);
  const addPlan = async (product: number, payload: object): Promise<number> => {
    const created = await api.send("POST", `/services/${product}/service_plans.json`, { payload });
    return created.json().service_plan.id;
  };
  const path = `/accounts/${account}/service_subscriptions`;
  return {
    account,
    service,
    application,
    path,
    own: `${path}/${subscription}`,
    subscription,
    ownPlan: await addPlan(service, { name: "Friends" }),
    other,
    otherPlan: await addPlan(other, { name: "Hidden" }),
    approvedPlan: await addPlan(other, { name: "Partners", approval_required: true, state_event: "publish" }),
  };
}

const subscriptionOf = (response: { json: () => { service_subscription: Record<string, unknown> } }) =>
  response.json().service_subscription;

test("a subscription has the properties of 3scale's, the id of its service contract, and a Location", async ({
  api,
}) => {
  const { account, path, other, otherPlan } = await setUp(api);
  const response = await api.send("POST", `${path}.json`, { payload: { plan_id: otherPlan } });
  const created = subscriptionOf(response);
  const { id, created_at } = created;
  expect([response.statusCode, response.headers.location]).toEqual([
    201,
    `https://${api.host}/admin/api${path}/${String(id)}`,
  ]);
  expect(Object.entries(created)).toEqual(
    Object.entries({
      id,
      plan_id: otherPlan,
      user_account_id: account,
      created_at,
      updated_at: created_at,
      state: "live",
      paid_until: created_at,
      trial_period_expires_at: created_at,
      setup_fee: "0.0",
      type: "ServiceContract",
      variable_cost_paid_until: created_at,
      tenant_id: api.provider.id,
      service_id: other,
    }),
  );
  expect(subscriptionOf(await api.send("GET", `${path}/${String(id)}.json`))).toEqual(created);
  const list = (await api.send("GET", `${path}.json`)).json();
  expect(Object.keys(list)).toEqual(["service_subscriptions"]);
  expect(list.service_subscriptions.at(-1)).toEqual({ service_subscription: created });
  const contracts = (await api.send("GET", `/accounts/${account}/service_contracts.json`)).json().service_contracts;
  expect(contracts.at(-1).service_contract).toMatchObject({ id, plan_id: otherPlan, accepted_at: null });
});

test("a subscription to a plan that requires approval is pending until it is approved, which is recorded once", async ({
  api,
  clock,
}) => {
  const { account, path, approvedPlan } = await setUp(api);
  const created = subscriptionOf(await api.send("POST", `${path}.json`, { payload: { plan_id: approvedPlan } }));
  expect(created).toMatchObject({ state: "pending" });
  expect(created).not.toHaveProperty("accepted_at");
  await clock.advance(60_000);
  const approve = () => api.send("PUT", `${path}/${String(created["id"])}/approve.json`);
  const response = await approve();
  const approved = subscriptionOf(response);
  const { accepted_at } = approved;
  expect([response.statusCode, Object.keys(approved).at(-1), approved]).toEqual([
    200,
    "accepted_at",
    expect.objectContaining({ state: "live", paid_until: accepted_at, updated_at: accepted_at }),
  ]);
  expect(accepted_at).not.toBe(created["created_at"]);
  const again = await approve();
  expect([again.statusCode, again.json()]).toEqual([422, { errors: { state: ['cannot transition via "accept"'] } }]);
  expect((await api.send("GET", `/accounts/${account}/service_contracts.xml`)).body).toContain(
    `<accepted-at type="dateTime">${String(accepted_at)}</accepted-at>`,
  );
});

test("mails about decisions lead to the page in the Developer Portal where the developer goes on", async ({ api }) => {
  const { account, application, path, approvedPlan } = await setUp(api);
  await api.pool.query("update users set email = 'quay@quay.example' where account_id = $1", [account]);
  const create = async () =>
    subscriptionOf(await api.send("POST", `${path}.json`, { payload: { plan_id: approvedPlan } }));
  const setPending = () =>
    api.pool.query("update applications set state = 'pending' where provider_id = $1", [api.provider.id]);
  const lastMail = async () => {
    const statement = "select text from mails where provider_id = $1 order by id desc limit 1";
    const [mail] = await api.pool.query<{ text: string }>(statement, [api.provider.id]);
    return mail?.text.split("\n").slice(-4);
  };
  const portal = `https://${api.provider.subdomain}.bellwire.test`;

  await setPending();
  await api.send("PUT", `/accounts/${account}/applications/${application}/accept.json`);
  expect(await lastMail()).toEqual(["Open it here:", "", `${portal}/applications/${application}`, ""]);

  await api.send("DELETE", `${path}/${String((await create())["id"])}.json`);
  const question = [`You can ask ${api.provider.name} about it here:`, "", `${portal}/messages/new`, ""];
  expect(await lastMail()).toEqual(question);

  await api.send("PUT", `${path}/${String((await create())["id"])}/approve.json`);
  expect(await lastMail()).toEqual(["Begin here:", "", `${portal}/applications`, ""]);
});

test("an account has one subscription per service", async ({ api }) => {
  const { path, ownPlan } = await setUp(api);
  const response = await api.send("POST", `${path}.json`, { payload: { plan_id: ownPlan } });
  expect([response.statusCode, response.json()]).toEqual([
    422,
    { errors: { base: ["already subscribed to this service"] } },
  ]);
});

test("a missing plan is answered with 404 if there is a body, else with 400", async ({ api }) => {
  const { path, own, ownPlan, otherPlan } = await setUp(api);
  for (const [method, url] of [
    ["POST", path],
    ["PUT", `${own}/change_plan`],
  ] as const) {
    for (const payload of [{}, { service_subscription: {} }, { plan_id: "" }, { plan_id: 7 }, { state: "live" }]) {
      const { statusCode } = await api.send(method, `${url}.json`, { payload });
      expect([method, payload, statusCode]).toEqual([method, payload, 404]);
    }
    for (const query of ["", `?plan_id=${method === "POST" ? otherPlan : ownPlan}`]) {
      const { statusCode, body } = await api.send(method, `${url}.json${query}`);
      expect([method, query, statusCode, body]).toEqual([
        method,
        query,
        400,
        "Required parameter missing: service_subscription",
      ]);
    }
    const wrapped = { service_subscription: { plan_id: method === "POST" ? otherPlan : ownPlan } };
    expect((await api.send(method, `${url}.json`, { payload: wrapped })).statusCode).toBe(
      method === "POST" ? 201 : 200,
    );
  }
});

test("plans of other kinds and of other providers are not found", async ({ api, otherApi }) => {
  const { path, own } = await setUp(api);
  const foreign = await createPortalObjects(otherApi);
  const [account] = (await api.send("GET", "/account_plans.json")).json().plans;
  const [application] = (await api.send("GET", "/application_plans.json")).json().plans;
  for (const plan_id of [account.account_plan.id, application.application_plan.id, foreign.servicePlan]) {
    expect((await api.send("POST", `${path}.json`, { payload: { plan_id } })).statusCode).toBe(404);
    expect((await api.send("PUT", `${own}/change_plan.json`, { payload: { plan_id } })).statusCode).toBe(404);
  }
});

test("a change of plan returns the new plan, keeps the state, and stays within the service", async ({ api }) => {
  const { path, own, ownPlan, otherPlan, approvedPlan } = await setUp(api);
  const change = (subscription: string, plan_id: number) =>
    api.send("PUT", `${subscription}/change_plan.json`, { payload: { plan_id } });
  const moved = await change(own, ownPlan);
  expect([moved.statusCode, moved.json().service_plan]).toEqual([
    200,
    expect.objectContaining({ id: ownPlan, name: "Friends", state: "hidden" }),
  ]);
  expect(subscriptionOf(await api.send("GET", `${own}.json`))).toMatchObject({ plan_id: ownPlan, state: "live" });
  const same = await change(own, ownPlan);
  expect([same.statusCode, same.body]).toEqual([200, moved.body]);
  const refused = await change(own, otherPlan);
  expect([refused.statusCode, refused.json()]).toEqual([
    422,
    { errors: { plan: ["must belong to the same product"] } },
  ]);

  const pending = subscriptionOf(await api.send("POST", `${path}.json`, { payload: { plan_id: approvedPlan } }));
  await change(`${path}/${String(pending["id"])}`, otherPlan);
  expect(subscriptionOf(await api.send("GET", `${path}/${String(pending["id"])}.json`))).toMatchObject({
    plan_id: otherPlan,
    state: "pending",
  });
});

test.for(["service_subscriptions", "service_contracts"])(
  "a subscription ends with its suspended applications only: %s",
  async (collection, { api }) => {
    const { account, subscription, application } = await setUp(api);
    const path = `/accounts/${account}/${collection}/${subscription}.json`;
    const applications = `/accounts/${account}/applications`;
    const refusal = async () => {
      const { statusCode, body } = await api.send("DELETE", path);
      return [statusCode, JSON.parse(body).errors.base];
    };
    expect(await refusal()).toEqual([403, ["There is 1 unsuspended application subscribed to the service"]]);
    const [{ application: first }] = (await api.send("GET", `${applications}.json`)).json().applications;
    const plan = `/services/${first.service_id}/application_plans/${first.plan_id}.json`;
    await api.send("PUT", plan, { payload: { approval_required: true } });
    const second = await api.send("POST", `${applications}.json`, { payload: { plan_id: first.plan_id } });
    expect(second.json().application.state).toBe("pending");
    expect(await refusal()).toEqual([403, ["There are 2 unsuspended applications subscribed to the service"]]);
    await api.send("PUT", `${applications}/${second.json().application.id}/accept.json`);
    for (const listed of (await api.send("GET", `${applications}.json`)).json().applications)
      await api.send("PUT", `${applications}/${listed.application.id}/suspend.json`);
    const { statusCode, body } = await api.send("DELETE", path);
    expect([statusCode, body]).toEqual([200, ""]);
    expect((await api.send("GET", `${applications}/${application}.json`)).statusCode).toBe(404);
    expect((await api.send("DELETE", path)).statusCode).toBe(404);
  },
);

test("subscriptions exist in JSON only: without an extension the format must be JSON, and others are not found", async ({
  api,
}) => {
  const { path, own } = await setUp(api);
  const statusOf = async (url: string, accept: string): Promise<number> =>
    (await api.send("GET", url, { headers: { accept } })).statusCode;
  for (const url of [path, own]) {
    expect([url, await statusOf(`${url}.xml`, "*/*"), await statusOf(`${url}.json`, "*/*")]).toEqual([url, 404, 200]);
    expect([url, await statusOf(url, "*/*"), await statusOf(url, "application/json")]).toEqual([url, 406, 200]);
  }
  expect((await api.send("PUT", `${own}/approve.xml`)).statusCode).toBe(404);
});

test("each change of a subscription records who made it, and no event", async ({ api }) => {
  const { account, path, other, otherPlan, approvedPlan } = await setUp(api);
  const count = "select count(*)::int as events from events where provider_id = $1";
  const before = await api.pool.query(count, [api.provider.id]);
  const { id } = subscriptionOf(await api.send("POST", `${path}.json`, { payload: { plan_id: approvedPlan } }));
  await api.send("PUT", `${path}/${String(id)}/approve.json`);
  for (let times = 0; times < 2; times += 1)
    await api.send("PUT", `${path}/${String(id)}/change_plan.json`, { payload: { plan_id: otherPlan } });
  await api.send("DELETE", `${path}/${String(id)}.json`);
  const records = await api.pool.query(
    "select action, detail from audit_records where provider_id = $1 and subject = $2 order by id",
    [api.provider.id, `subscription/${String(id)}`],
  );
  const detail = { accountId: account, productId: other };
  expect(records).toEqual([
    { action: "subscription.created", detail: { ...detail, planId: approvedPlan } },
    { action: "subscription.approved", detail: { ...detail, planId: approvedPlan } },
    { action: "subscription.plan_changed", detail: { ...detail, planId: otherPlan } },
    { action: "subscription.deleted", detail },
  ]);
  expect(await api.pool.query(count, [api.provider.id])).toEqual(before);
});

test("the account's document shows the plan that its subscription is on", async ({ api }) => {
  const { account, own, ownPlan } = await setUp(api);
  await api.send("PUT", `${own}/change_plan.json`, { payload: { plan_id: ownPlan } });
  const { body } = await api.send("GET", `/accounts/${account}.xml`);
  const kinds = Array.from(body.matchAll(/<id>(\d+)<\/id><name>[^<]*<\/name><type>(\w+)<\/type>/g), ([, id, kind]) => [
    kind,
    Number(id),
  ]);
  expect(kinds).toEqual([
    ["account_plan", expect.any(Number)],
    ["service_plan", ownPlan],
    ["application_plan", expect.any(Number)],
  ]);
});

test("a member sees and changes subscriptions to the own services only", async ({ api }) => {
  const { account, path, own, ownPlan, other, otherPlan } = await setUp(api);
  const token = await api.addToken({ role: "member", sections: ["partners", "plans"], serviceIds: [other] });
  const headers = { authorization: `Bearer ${token}` };
  const send = (method: "GET" | "POST" | "PUT" | "DELETE", url: string, payload?: object) =>
    api.send(method, `${url}.json`, payload ? { headers, payload } : { headers });
  expect((await send("GET", path)).json()).toEqual({ service_subscriptions: [] });
  for (const response of [
    await send("GET", own),
    await send("PUT", `${own}/approve`),
    await send("PUT", `${own}/change_plan`, { plan_id: ownPlan }),
    await send("DELETE", own),
    await send("DELETE", `/accounts/${account}/service_contracts/${own.split("/").at(-1)}`),
  ])
    expect(response.statusCode).toBe(404);
  await api.pool.query("delete from applications where account_id = $1", [account]);
  await api.send("DELETE", `${own}.json`);
  expect((await send("POST", path, { plan_id: ownPlan })).statusCode).toBe(404);
  const created = await send("POST", path, { plan_id: otherPlan });
  expect([created.statusCode, (await send("GET", path)).json().service_subscriptions]).toEqual([201, [created.json()]]);
});
