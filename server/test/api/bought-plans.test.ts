import { expect } from "vitest";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

/** Creates an account, another product, and hidden plans of both products. */
async function setUp(api: ProviderApi) {
  const objects = await createPortalObjects(api);
  const other = Number((await api.send("POST", "/services.json", { payload: { name: "Tides" } })).json().service.id);
  const addPlan = async (kind: "service_plan" | "application_plan", product: number): Promise<number> => {
    const created = await api.send("POST", `/services/${product}/${kind}s.json`, { payload: { name: "Hidden" } });
    return created.json()[kind].id;
  };
  return {
    ...objects,
    path: `/accounts/${objects.account}`,
    other,
    ownServicePlan: await addPlan("service_plan", objects.service),
    otherServicePlan: await addPlan("service_plan", other),
    ownApplicationPlan: await addPlan("application_plan", objects.service),
    otherApplicationPlan: await addPlan("application_plan", other),
  };
}

const eventsStatement = "select type, actor_kind as actor from events where provider_id = $1 order by id";

test("an account buys a hidden service plan, and the subscription is at the Location", async ({ api }) => {
  const { account, path, servicePlan, otherServicePlan, other } = await setUp(api);
  const bought = await api.send("POST", `${path}/service_plans/${otherServicePlan}/buy.xml`);
  expect([bought.statusCode, bought.body]).toEqual([
    201,
    expect.stringMatching(
      new RegExp(`^<\\?xml[^>]*\\?><plan><id>${otherServicePlan}</id>.*<service_id>${other}</service_id></plan>$`),
    ),
  ]);
  const [, location = ""] = /\/admin\/api(\/.*)$/.exec(bought.headers.location ?? "") ?? [];
  expect((await api.send("GET", `${location}.json`)).json().service_subscription).toMatchObject({
    user_account_id: account,
    plan_id: otherServicePlan,
  });
  const list = (await api.send("GET", `${path}/service_plans.json`)).json();
  expect(list.plans.map(({ service_plan: plan }: { service_plan: { id: number } }) => plan.id)).toEqual([
    servicePlan,
    otherServicePlan,
  ]);
});

test("a second service plan of one service is not bought", async ({ api }) => {
  const { path, ownServicePlan } = await setUp(api);
  const message = "already subscribed to this service";
  const [xml, json] = [
    await api.send("POST", `${path}/service_plans/${ownServicePlan}/buy.xml`),
    await api.send("POST", `${path}/service_plans/${ownServicePlan}/buy.json`),
  ];
  expect([xml.statusCode, xml.body]).toEqual([422, `${xmlDeclaration}<errors><error>${message}</error></errors>`]);
  expect([json.statusCode, json.json()]).toEqual([422, { errors: { base: [message] } }]);
});

test("buying an application plan creates an application with its events, each time", async ({ api }) => {
  const { path, otherApplicationPlan } = await setUp(api);
  const before = await api.pool.query(eventsStatement, [api.provider.id]);
  const buy = (payload?: object) =>
    api.send("POST", `${path}/application_plans/${otherApplicationPlan}/buy.json`, payload ? { payload } : {});
  const [bought, again] = [await buy({ name: "Ferry", description: "Times" }), await buy()];
  expect([bought.statusCode, bought.json().application_plan, again.statusCode]).toEqual([
    201,
    expect.objectContaining({ id: otherApplicationPlan, state: "hidden" }),
    201,
  ]);
  const [, location = ""] = /\/admin\/api(\/.*)$/.exec(bought.headers.location ?? "") ?? [];
  expect((await api.send("GET", `${location}.json`)).json().application).toMatchObject({
    name: "Ferry",
    description: "Times",
    plan_id: otherApplicationPlan,
  });
  const events = (await api.pool.query(eventsStatement, [api.provider.id])).slice(before.length);
  const created = { type: "application.created", actor: "token" };
  expect(events).toEqual([created, created]);
  const { plans } = (await api.send("GET", `${path}/application_plans.json`)).json();
  expect(plans.map((each: { application_plan: { id: number } }) => each.application_plan.id)).toEqual([
    expect.any(Number),
    otherApplicationPlan,
  ]);
});

test("a custom plan is listed as its account's, and no other application can have it", async ({ api }) => {
  const { path, application } = await setUp(api);
  const customized = await api.send("PUT", `${path}/applications/${application}/customize_plan.json`);
  const { id } = customized.json().application_plan;
  expect((await api.send("GET", `${path}/application_plans.json`)).json()).toEqual({ plans: [customized.json()] });
  const bought = await api.send("POST", `${path}/application_plans/${id}/buy.xml`);
  expect([bought.statusCode, bought.body]).toEqual([404, ""]);
});

test("neither kind of plan is bought as the other", async ({ api }) => {
  const { path, accountPlan, otherServicePlan, otherApplicationPlan } = await setUp(api);
  for (const url of [
    `${path}/service_plans/${otherApplicationPlan}/buy`,
    `${path}/service_plans/${accountPlan}/buy`,
    `${path}/application_plans/${otherServicePlan}/buy`,
    `${path}/application_plans/${accountPlan}/buy`,
  ])
    expect([url, (await api.send("POST", `${url}.json`)).statusCode]).toEqual([url, 404]);
});

test("an application plan of a service without service plans is not bought", async ({ api }) => {
  const { path, other, otherServicePlan, otherApplicationPlan } = await setUp(api);
  const plans = `/services/${other}/service_plans`;
  for (const { service_plan: plan } of (await api.send("GET", `${plans}.json`)).json().plans)
    expect((await api.send("DELETE", `${plans}/${plan.id}.json`)).statusCode).toBe(200);
  const bought = await api.send("POST", `${path}/application_plans/${otherApplicationPlan}/buy.json`);
  expect([bought.statusCode, bought.json()]).toEqual([422, { error: "You cannot subscribe to that service." }]);
  expect((await api.send("POST", `${path}/service_plans/${otherServicePlan}/buy.json`)).statusCode).toBe(404);
});
