import { expect } from "vitest";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects, type PortalObjects } from "./portal-objects.ts";

const plansOf = ({ service }: Pick<PortalObjects, "service">): string => `/services/${service}/service_plans`;

async function addPlan(api: ProviderApi, path: string, payload: object): Promise<{ readonly id: number }> {
  const response = await api.send("POST", `${path}.json`, { payload });
  expect([response.statusCode, response.body]).toEqual([201, expect.anything()]);
  return response.json().service_plan;
}

test("a service plan has the elements, properties and links of 3scale's, and no others", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const created = await api.send("POST", `${plansOf(objects)}.json`, {
    payload: { name: "Partners", approval_required: true },
  });
  const { id, created_at, updated_at } = created.json().service_plan;
  const service = `https://${api.host}/admin/api/services/${objects.service}`;
  const expected = {
    id,
    name: "Partners",
    state: "hidden",
    setup_fee: 0,
    cost_per_month: 0,
    trial_period_days: 0,
    cancellation_period: 0,
    approval_required: true,
    default: false,
    created_at,
    updated_at,
    links: [
      { rel: "service", href: service },
      { rel: "self", href: `${service}/service_plans/${id}` },
    ],
  };
  expect(Object.entries(created.json().service_plan)).toEqual(Object.entries(expected));
  expect([created.statusCode, created.headers.location]).toEqual([201, `${service}/service_plans/${id}`]);
  expect((await api.send("GET", `${plansOf(objects)}/${id}.xml`)).body).toBe(
    `${xmlDeclaration}<plan><id>${id}</id><name>Partners</name><type>service_plan</type><state>hidden</state>` +
      "<approval_required>true</approval_required><setup_fee>0.0</setup_fee><cost_per_month>0.0</cost_per_month>" +
      `<trial_period_days/><cancellation_period>0</cancellation_period><service_id>${objects.service}</service_id></plan>`,
  );
});

test("the link service_plans of a service leads to the list of its plans, and another list has those of all services", async ({
  api,
}) => {
  const { service, servicePlan } = await createPortalObjects(api);
  const other = (await api.send("POST", "/services.json", { payload: { name: "Tides" } })).json().service;
  const gold = await addPlan(api, `/services/${other.id}/service_plans`, { name: "Gold" });
  const idsAt = async (path: string): Promise<readonly number[]> =>
    (await api.send("GET", path)).json().plans.map((plan: Record<string, { id: number }>) => plan["service_plan"]?.id);
  const { href } = other.links.find(({ rel }: { rel: string }) => rel === "service_plans");

  const [first, ...rest] = await idsAt(`${href.replace(/^.*\/admin\/api/, "")}.json`);
  expect([rest, await idsAt(`/services/${service}/service_plans.json`)]).toEqual([[gold.id], [servicePlan]]);
  expect(await idsAt("/service_plans.json")).toEqual([servicePlan, first, gold.id]);
  expect((await api.send("GET", "/service_plans.xml")).body).toMatch(
    new RegExp(`^<\\?xml[^>]*\\?><plans><plan default="true"><id>${servicePlan}</id>.*</plans>$`),
  );
});

test("a new default service plan, which may be hidden, replaces the one of its service only", async ({ api }) => {
  const objects = await createPortalObjects(api);
  await api.send("POST", "/services.json", { payload: { name: "Tides" } });
  const { id } = await addPlan(api, plansOf(objects), { name: "Partners" });
  const response = await api.send("PUT", `${plansOf(objects)}/${id}/default.json`);
  expect([response.statusCode, response.json().service_plan]).toEqual([
    200,
    expect.objectContaining({ id, default: true, state: "hidden" }),
  ]);
  const defaults = (await api.send("GET", "/service_plans.json"))
    .json()
    .plans.map(({ service_plan: plan }: { service_plan: { default: boolean } }) => plan.default);
  expect(defaults).toEqual([false, true, true]);
});

test("a service plan in use is not deleted, even if it is hidden; others are, even the default and the last", async ({
  api,
}) => {
  const objects = await createPortalObjects(api);
  const used = `${plansOf(objects)}/${objects.servicePlan}`;
  await api.send("PUT", `${used}.json`, { payload: { state_event: "hide" } });
  const sentence = "This service plan cannot be deleted! At least one contract depends on it.";
  const [xml, json] = [await api.send("DELETE", `${used}.xml`), await api.send("DELETE", `${used}.json`)];
  expect([xml.statusCode, xml.body]).toEqual([403, `${xmlDeclaration}<errors><error>${sentence}</error></errors>`]);
  expect([json.statusCode, json.json()]).toEqual([403, { errors: { base: [sentence] } }]);

  await api.send("DELETE", `/accounts/${objects.account}.json`);
  const deleted = await api.send("DELETE", `${used}.xml`);
  expect([deleted.statusCode, deleted.body]).toEqual([200, ""]);
  expect((await api.send("GET", `${plansOf(objects)}.json`)).json()).toEqual({ plans: [] });
});

test.for([
  [{}, 400, "Required parameter missing: service_plan"],
  [{ service_plan: {} }, 400, "Required parameter missing: service_plan"],
  [{ service_plan: "Gold" }, 422, "Wrong type for parameter: service_plan"],
  [{ state_event: "publish" }, 422, '{"errors":{"name":["can\'t be blank"]}}'],
  [{ name: " " }, 422, '{"errors":{"name":["can\'t be blank"]}}'],
  [{ name: "Gold", state_event: "burn" }, 422, '{"errors":{"state_event":["invalid"]}}'],
  [{ name: "Default" }, 422, '{"errors":{"system_name":["has already been taken"]}}'],
] as const)("a service plan from %j is refused with %i", async ([payload, status, body], { api }) => {
  const objects = await createPortalObjects(api);
  const response = await api.send("POST", `${plansOf(objects)}.json`, { payload });
  expect([response.statusCode, response.body]).toEqual([status, body]);
});

test("a service plan is found below its own service and as its own kind only", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const other = (await api.send("POST", "/services.json", { payload: { name: "Tides" } })).json().service.id;
  const paths = [
    `/services/${other}/service_plans/${objects.servicePlan}`,
    `${plansOf(objects)}/${objects.applicationPlan}`,
    `${plansOf(objects)}/${objects.accountPlan}`,
    `/services/${objects.service}/application_plans/${objects.servicePlan}`,
  ];
  for (const path of paths) {
    for (const [method, url] of [
      ["GET", path],
      ["PUT", path],
      ["PUT", `${path}/default`],
      ["DELETE", path],
    ] as const) {
      const payload = method === "PUT" ? { payload: { name: "Renamed" } } : {};
      expect([method, url, (await api.send(method, `${url}.json`, payload)).statusCode]).toEqual([method, url, 404]);
    }
  }
  expect((await api.send("GET", "/service_plans.json")).body).not.toContain("Renamed");
});

test("each change of a service plan records who made it", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const { id } = await addPlan(api, plansOf(objects), { name: "Partners" });
  const path = `${plansOf(objects)}/${id}`;
  await api.send("PUT", `${path}.json`, { payload: { name: "Friends", state_event: "publish" } });
  await api.send("PUT", `${path}.json`, { payload: { name: "Friends" } });
  await api.send("PUT", `${path}/default.json`);
  await api.send("DELETE", `${path}.json`);
  const records = await api.pool.query(
    "select action, detail from audit_records where provider_id = $1 and subject = $2 order by id",
    [api.provider.id, `plan/${id}`],
  );
  const created = { kind: "service_plan", productId: objects.service, name: "Partners" };
  expect(records).toEqual([
    { action: "plan.created", detail: created },
    { action: "plan.changed", detail: { changed: ["name", "state"] } },
    { action: "plan.changed", detail: { changed: ["isDefault"] } },
    { action: "plan.deleted", detail: { ...created, name: "Friends" } },
  ]);
});

/** Returns the plan and the state of the only subscription of an account. */
async function subscriptionOf(api: ProviderApi, account: number) {
  const { service_subscriptions: all } = (
    await api.send("GET", `/accounts/${account}/service_subscriptions.json`)
  ).json();
  const [{ service_subscription: only }, ...others] = all;
  expect(others).toEqual([]);
  return { plan: only.plan_id, state: only.state };
}

test("a sign-up subscribes to the requested service plan, also a hidden one, and else to the default", async ({
  api,
}) => {
  const objects = await createPortalObjects(api);
  const hidden = await addPlan(api, plansOf(objects), { name: "Partners", approval_required: true });
  const signUp = async (plans: object, name: string) => {
    const response = await api.send("POST", "/signup.json", { payload: { org_name: name, username: name, ...plans } });
    expect([plans, response.statusCode]).toEqual([plans, 201]);
    return Number(response.json().account.id);
  };
  const requested = await signUp({ service_plan_id: hidden.id }, "buoy");
  expect(await subscriptionOf(api, requested)).toEqual({ plan: hidden.id, state: "pending" });
  // As in 3scale, the first application does not wait for the subscription.
  expect((await api.send("GET", `/accounts/${requested}/applications.json`)).json().applications).toHaveLength(1);

  const other = { plan: objects.servicePlan, state: "live" };
  expect(await subscriptionOf(api, await signUp({ service_plan_id: 999_999_999 }, "pier"))).toEqual(other);
  await api.send("PUT", `${plansOf(objects)}/${hidden.id}/default.json`);
  expect(await subscriptionOf(api, await signUp({}, "dock"))).toEqual({ plan: hidden.id, state: "pending" });
  expect(await subscriptionOf(api, await signUp({ service_plan_id: objects.servicePlan }, "mole"))).toEqual(other);
});

test("a sign-up to two service plans of one service is refused, and so is an application without any", async ({
  api,
}) => {
  const objects = await createPortalObjects(api);
  const { id } = await addPlan(api, plansOf(objects), { name: "Partners" });
  const signUp = async (plans: object): Promise<number> => {
    const payload = { org_name: "Pier", username: "pier", ...plans };
    return (await api.send("POST", "/signup.json", { payload })).statusCode;
  };
  expect(await signUp({ service_plan_id: id, application_plan_id: objects.servicePlan })).toBe(404);
  await api.send("DELETE", `/accounts/${objects.account}.json`);
  await api.send("DELETE", `${plansOf(objects)}/${objects.servicePlan}.json`);
  expect(await signUp({ application_plan_id: objects.applicationPlan })).toBe(404);
  expect(await signUp({})).toBe(201);
});

test("an application's creation subscribes on the default service plan, else the first one, and may find it pending", async ({
  api,
}) => {
  const objects = await createPortalObjects(api);
  const { account, subscription, application, applicationPlan: plan_id } = objects;
  const gold = await addPlan(api, plansOf(objects), { name: "Gold", approval_required: true });
  const create = async (): Promise<number> => {
    const response = await api.send("POST", `/accounts/${account}/applications.json`, { payload: { plan_id } });
    expect([response.statusCode, response.json().application?.state]).toEqual([201, "live"]);
    return response.json().application.id;
  };
  const unsubscribe = async (applicationId: number, subscriptionId: number): Promise<void> => {
    await api.send("PUT", `/accounts/${account}/applications/${applicationId}/suspend.json`);
    const path = `/accounts/${account}/service_subscriptions/${subscriptionId}.json`;
    expect((await api.send("DELETE", path)).statusCode).toBe(200);
  };
  await unsubscribe(application, subscription);
  await api.send("PUT", `${plansOf(objects)}/${gold.id}/default.json`);
  const created = await create();
  expect(await subscriptionOf(api, account)).toEqual({ plan: gold.id, state: "pending" });
  const [{ service_subscription: pending }] = (
    await api.send("GET", `/accounts/${account}/service_subscriptions.json`)
  ).json().service_subscriptions;
  await unsubscribe(created, pending.id);
  await api.send("DELETE", `${plansOf(objects)}/${gold.id}.json`);
  await create();
  expect(await subscriptionOf(api, account)).toEqual({ plan: objects.servicePlan, state: "live" });
});

test("a service is deleted with all of its service plans, and with subscriptions to each", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const partners = await addPlan(api, plansOf(objects), { name: "Partners" });
  await api.send("POST", "/services.json", { payload: { name: "Tides" } });
  const payload = { org_name: "Pier", username: "pier", service_plan_id: partners.id };
  const { id } = (await api.send("POST", "/signup.json", { payload })).json().account;
  expect((await api.send("DELETE", `/services/${objects.service}.json`)).statusCode).toBe(200);
  const rest = await api.send("GET", `/accounts/${id}/service_subscriptions.json`);
  expect(rest.json().service_subscriptions).toEqual([
    { service_subscription: expect.not.objectContaining({ service_id: objects.service }) },
  ]);
  expect((await api.send("GET", "/service_plans.json")).json().plans).toHaveLength(1);
});
