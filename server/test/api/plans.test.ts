import { expect } from "vitest";
import { test, xmlDeclaration, type ProviderApi } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

const idIn = (body: string): number => Number(/"id":(\d+)/.exec(body)?.[1]);

test("a plan in JSON has numeric amounts, and trial_period_days 0 without a trial", async ({ api }) => {
  const service = idIn((await api.send("GET", "/services.json")).body);
  const payload = { name: "Pro", cost_per_month: "12.50", state_event: "publish" };
  const created = await api.send("POST", `/services/${service}/application_plans.json`, { payload });
  const { id } = created.json().application_plan;

  expect(created.json().application_plan).toMatchObject({
    name: "Pro",
    state: "published",
    cost_per_month: 12.5,
    setup_fee: 0,
    trial_period_days: 0,
    custom: false,
    system_name: "pro",
  });
  expect(created.headers.location).toMatch(new RegExp(`/admin/api/services/${service}/application_plans/${id}$`));
  expect((await api.send("GET", `/services/${service}/application_plans/${id}.xml`)).body).toMatch(
    /^<\?xml[^>]*\?><plan custom="false" default="false"><id>\d+<\/id><name>Pro<\/name>.*<cost_per_month>12\.5<\/cost_per_month>/,
  );
});

test("amounts in JSON are floats even without a fraction", async ({ api }) => {
  const { body } = await api.send("POST", "/account_plans.json", { payload: { name: "Gold", cost_per_month: "0100" } });
  expect(body).toContain('"setup_fee":0.0,"cost_per_month":100.0,');
});

test("an amount in a text is stored with all its 16 digits and four decimals", async ({ api }) => {
  const payload = { name: "Gold", cost_per_month: "1234567890123457.1235", setup_fee: "9007199254740993" };
  const { body } = await api.send("POST", "/account_plans.json", { payload });
  expect(body).toContain('"setup_fee":9007199254740993.0,"cost_per_month":1234567890123457.1235,');
});

test("an amount with too many decimals is rejected with the reason", async ({ api }) => {
  const payload = { name: "Gold", cost_per_month: "12.345678" };
  expect((await api.send("POST", "/account_plans.json", { payload })).json()).toEqual({
    errors: { cost_per_month: ["has too many decimals (maximum is 4)"] },
  });
});

test("flat and wrapped parameters have the same effect", async ({ api }) => {
  const flat = await api.send("POST", "/account_plans.json", { payload: { name: "One" } });
  const wrapped = await api.send("POST", "/account_plans.json", { payload: { account_plan: { name: "Two" } } });

  expect([flat.json().account_plan.name, wrapped.json().account_plan.name]).toEqual(["One", "Two"]);
});

test.for(["flat", "wrapped"])("a plan ignores properties that 3scale's API does not set: %s", async (form, { api }) => {
  const values = { name: "Gold", cancellation_period: 30, state: "published", type: "ServicePlan" };
  const payload = form === "flat" ? values : { account_plan: values };
  const created = (await api.send("POST", "/account_plans.json", { payload })).json().account_plan;
  const path = `/account_plans/${created.id}.json`;
  const updated = (await api.send("PUT", path, { payload })).json().account_plan;
  const expected = { name: "Gold", cancellation_period: 0, state: "hidden" };
  expect([created, updated]).toEqual([expect.objectContaining(expected), expect.objectContaining(expected)]);
});

test.for([
  ["/account_plans", { name: "Gold", approval_required: true, trial_period_days: 14 }],
  ["/services", { name: "Tides", backend_version: "oidc", annotations: { managed_by: "operator" } }],
  ["/fields_definitions", { target: "Account", name: "region", label: "Region", choices: ["emea"] }],
  ["/application_plans", { name: "Pro", cost_per_month: "012.50", setup_fee: "3", trial_period_days: 0 }],
] as const)("an update with the present values of %s changes nothing", async ([path, payload], { api, clock }) => {
  const service = idIn((await api.send("GET", "/services.json")).body);
  const list = path === "/application_plans" ? `/services/${service}${path}` : path;
  const created = await api.send("POST", `${list}.json`, { payload });
  const records = () => api.pool.query("select id from audit_records where provider_id = $1", [api.provider.id]);
  const before = await records();
  await clock.advance(1000);

  for (const same of [payload, Object.values(created.json())[0]]) {
    const updated = await api.send("PUT", `${list}/${idIn(created.body)}.json`, { payload: Object(same) });
    expect([updated.statusCode, updated.body]).toEqual([200, created.body]);
  }
  expect(await records()).toEqual(before);
});

test("an unknown state_event of a plan is rejected", async ({ api }) => {
  const response = await api.send("POST", "/account_plans.json", { payload: { name: "One", state_event: "burn" } });

  expect([response.statusCode, response.json()]).toEqual([422, { errors: { state_event: ["invalid"] } }]);
});

async function servicePlanOf({ pool, provider }: ProviderApi, service: number): Promise<number | undefined> {
  const [plan] = await pool.query<{ id: number }>(
    "select id from plans where provider_id = $1 and product_id = $2 and kind = 'service_plan'",
    [provider.id, service],
  );
  return plan?.id;
}

test("a plan is found, updated and deleted under its own service and kind only", async ({ api }) => {
  const service = idIn((await api.send("GET", "/services.json")).body);
  const other = (await api.send("POST", "/services.json", { payload: { name: "Other" } })).json().service.id;
  const create = async (path: string): Promise<number> =>
    idIn((await api.send("POST", `${path}.json`, { payload: { name: "Spare" } })).body);
  const own = `/services/${service}/application_plans`;
  const applicationPlan = await create(own);
  const accountPlan = await create("/account_plans");
  const servicePlan = await servicePlanOf(api, service);
  const foreign = [`/services/${other}/application_plans/${applicationPlan}`, `/account_plans/${applicationPlan}`];
  for (const path of [...foreign, `${own}/${accountPlan}`, `${own}/${servicePlan}`]) {
    for (const [method, url] of [
      ["GET", `${path}.json`],
      ["PUT", `${path}.json`],
      ["PUT", `${path}/default.json`],
      ["DELETE", `${path}.json`],
    ] as const) {
      const payload = method === "PUT" ? { payload: { name: "Renamed" } } : {};
      expect([method, url, (await api.send(method, url, payload)).statusCode]).toEqual([method, url, 404]);
    }
  }
  for (const path of [`${own}/${applicationPlan}`, `/account_plans/${accountPlan}`]) {
    expect((await api.send("GET", `${path}.json`)).body).toContain('"name":"Spare"');
  }
});

test("a new default plan replaces the provider's own, and no other's", async ({ api, otherApi }) => {
  const list = async (of: ProviderApi) => (await of.send("GET", "/account_plans.json")).body;
  const before = await list(otherApi);
  expect(before).toContain('"default":true');
  const { id } = (await api.send("POST", "/account_plans.json", { payload: { name: "Gold" } })).json().account_plan;
  await api.send("PUT", `/account_plans/${id}/default.json`);
  expect((await list(api)).match(/"default":true/g)).toHaveLength(1);
  expect(await list(otherApi)).toBe(before);
});

test("both lists of application plans have those customized for one application", async ({ api }) => {
  const { account, application, service } = await createPortalObjects(api);
  const { body } = await api.send("PUT", `/accounts/${account}/applications/${application}/customize_plan.json`);
  for (const path of ["/application_plans", `/services/${service}/application_plans`]) {
    expect((await api.send("GET", `${path}.json`)).json().plans.at(-1)).toEqual(JSON.parse(body));
    expect((await api.send("GET", `${path}.xml`)).body).toContain(
      `<plan custom="true" default="false"><id>${idIn(body)}</id>`,
    );
  }
});

test("custom plans of one plan have different system names", async ({ api }) => {
  const { account, application, applicationPlan } = await createPortalObjects(api);
  const path = `/accounts/${account}/applications`;
  const other = idIn((await api.send("POST", `${path}.json`, { payload: { plan_id: applicationPlan } })).body);
  for (const id of [application, other]) await api.send("PUT", `${path}/${id}/customize_plan.json`);
  const { plans } = (await api.send("GET", "/application_plans.json")).json();
  const names = plans.map(
    ({ application_plan: plan }: { application_plan: { system_name: string } }) => plan.system_name,
  );
  expect(names).toEqual(["basic", ...Array(2).fill(expect.stringMatching(/^basic_custom_\w+$/))]);
  expect(new Set(names).size).toBe(3);
});

test("a plan in use cannot be deleted", async ({ api }) => {
  await api.send("POST", "/signup.json", { payload: { org_name: "Quay Ltd", username: "quay" } });
  const plan = idIn((await api.send("GET", "/account_plans.json")).body);
  const response = await api.send("DELETE", `/account_plans/${plan}.xml`);

  expect([response.statusCode, response.body]).toEqual([
    403,
    `${xmlDeclaration}<errors><error>This account plan cannot be deleted! At least one account depends on it.</error></errors>`,
  ]);
});

test("a name whose system name is taken is refused, so a program that runs twice creates nothing twice", async ({
  api,
}) => {
  const service = idIn((await api.send("GET", "/services.json")).body);
  for (const path of ["/services", `/services/${service}/application_plans`, "/account_plans"]) {
    const create = (name: string) => api.send("POST", `${path}.json`, { payload: { name } });
    const taken = [422, { errors: { system_name: ["has already been taken"] } }];
    const responses = [await create("Gold & Co."), await create("Gold Co"), await create("金"), await create("金")];
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([201, 422, 201, 201]);
    expect([responses[1]?.statusCode, responses[1]?.json()]).toEqual(taken);
  }
});

test("services are listed in pages", async ({ api }) => {
  await api.send("POST", "/services.json", { payload: { name: "Tides" } });
  const xml = await api.send("GET", "/services.xml?per_page=1");

  expect(xml.body).toMatch(
    /^<\?xml[^>]*\?><services per_page="1" total_entries="2" total_pages="2" current_page="1"><service>/,
  );
  expect((await api.send("GET", "/services.json?per_page=1&page=2")).json()).toMatchObject({
    services: [{ service: { name: "Tides", system_name: "tides" } }],
    metadata: { per_page: 1, total_entries: 2, total_pages: 2, current_page: 2 },
  });
});
