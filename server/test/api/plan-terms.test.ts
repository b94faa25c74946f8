import { expect } from "vitest";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects, type PortalObjects } from "./portal-objects.ts";

const termsOf = ({ applicationPlan }: Pick<PortalObjects, "applicationPlan">): string =>
  `/application_plans/${applicationPlan}`;
const limitsOf = (objects: PortalObjects): string => `${termsOf(objects)}/metrics/${objects.metric}/limits`;
const rulesOf = (objects: PortalObjects): string => `${termsOf(objects)}/metrics/${objects.method}/pricing_rules`;

const post = async (api: ProviderApi, path: string, payload: object): Promise<unknown> => {
  const response = await api.send("POST", `${path}.json`, { payload });
  return [response.statusCode, response.json()];
};

/** Adds an application plan to the service, and returns its id. */
const addPlan = async (api: ProviderApi, service: number): Promise<number> =>
  (await api.send("POST", `/services/${service}/application_plans.json`, { payload: { name: "Other" } })).json()
    .application_plan.id;

const idsIn = (body: string): readonly number[] =>
  Array.from(body.matchAll(/<id>(\d+)<\/id>/g), ([, id]) => Number(id));

test("a limit has 3scale's elements and location, and there is one for each metric, plan and period", async ({
  api,
}) => {
  const objects = await createPortalObjects(api);
  const created = await api.send("POST", `${limitsOf(objects)}.xml`, { payload: { period: "week", value: "15" } });
  const [id] = idsIn(created.body);
  expect([created.statusCode, created.body, created.headers.location]).toEqual([
    201,
    `${xmlDeclaration}<limit><id>${id}</id><metric_id>${objects.metric}</metric_id>` +
      `<plan_id>${objects.applicationPlan}</plan_id><period>week</period><value>15</value></limit>`,
    `https://${api.host}/admin/api${limitsOf(objects)}/${id}`,
  ]);
  const taken = await api.send("POST", `${limitsOf(objects)}.xml`, { payload: { period: "week" } });
  expect([taken.statusCode, taken.body]).toEqual([
    422,
    `${xmlDeclaration}<errors><error>Period has already been taken</error></errors>`,
  ]);
  const moved = await api.send("PUT", `${limitsOf(objects)}/${id}.json`, { payload: { period: "day" } });
  expect([moved.statusCode, moved.json()]).toEqual([422, { errors: { period: ["has already been taken"] } }]);
  const other = { ...objects, applicationPlan: await addPlan(api, objects.service) };
  expect(await post(api, limitsOf(other), { period: "week" })).toEqual([201, expect.anything()]);
  expect(await post(api, `${termsOf(objects)}/metrics/${objects.method}/limits`, { period: "week" })).toEqual([
    201,
    { limit: expect.objectContaining({ value: 0, metric_id: objects.method }) },
  ]);
});

test("a limit needs a known period, and its value is a whole number, 0 if it is empty or negative", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const unknown = await api.send("POST", `${limitsOf(objects)}.xml`, { payload: { period: "a-while" } });
  expect([unknown.statusCode, unknown.body]).toEqual([
    422,
    `${xmlDeclaration}<errors><error>Period is invalid</error></errors>`,
  ]);
  expect(await post(api, limitsOf(objects), {})).toEqual([422, { errors: { period: ["is invalid"] } }]);
  for (const [period, value] of [
    ["week", "-5"],
    ["month", ""],
  ])
    expect(await post(api, limitsOf(objects), { period, value })).toEqual([
      201,
      { limit: expect.objectContaining({ value: 0 }) },
    ]);
  for (const [value, error] of [
    ["many", "is not a number"],
    ["1.5", "must be an integer"],
    ["9007199254740993", "is not a number"],
  ])
    expect(await post(api, limitsOf(objects), { period: "hour", value })).toEqual([
      422,
      { errors: { value: [error] } },
    ]);
});

test("the list of a plan has its limits page by page, and the list of a metric those of all plans", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const other = { ...objects, applicationPlan: await addPlan(api, objects.service) };
  const made: number[] = [objects.limit];
  for (const [of, period] of [
    [objects, "week"],
    [other, "week"],
    [objects, "month"],
  ] as const)
    made.push(...idsIn((await api.send("POST", `${limitsOf(of)}.xml`, { payload: { period } })).body));
  const [first, week, otherWeek, month] = made;
  const list = async (path: string): Promise<readonly number[]> => idsIn((await api.send("GET", path)).body);
  expect(await list(`${termsOf(objects)}/limits.xml`)).toEqual([first, week, month]);
  expect(await list(`${termsOf(objects)}/limits.xml?per_page=2&page=2`)).toEqual([month]);
  expect(await list(`${termsOf(other)}/limits.xml`)).toEqual([otherWeek]);
  expect(await list(`${limitsOf(objects)}.xml`)).toEqual(made);
  const page = await api.send("GET", `${termsOf(objects)}/limits.json?per_page=2`);
  expect(page.json().metadata).toEqual({ per_page: 2, total_entries: 3, total_pages: 2, current_page: 1 });
});

test("a pricing rule has 3scale's elements and the default range and price", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const created = await api.send("POST", `${rulesOf(objects)}.xml`, { payload: { min: 1 } });
  const [id] = idsIn(created.body);
  expect([created.statusCode, created.body]).toEqual([
    201,
    `${xmlDeclaration}<pricing_rule><id>${id}</id><metric_id>${objects.method}</metric_id>` +
      `<plan_id>${objects.applicationPlan}</plan_id><cost_per_unit>0.0</cost_per_unit><min>1</min><max/></pricing_rule>`,
  ]);
  expect((await api.send("POST", `${rulesOf(objects)}.json`)).statusCode).toBe(400);
  const deletion = await api.send("DELETE", `${rulesOf(objects)}/${id}.json`);
  expect([deletion.statusCode, deletion.body]).toEqual([200, ""]);
  expect((await api.send("DELETE", `${rulesOf(objects)}/${id}.json`)).statusCode).toBe(404);
});

test.for([
  ["1", "10", "min"],
  ["10", "12", "min"],
  ["5", "", "min"],
  ["30", "", "min"],
  ["20", "40", "min"],
  ["20", "30", "min"],
  ["15", "14", "max"],
  ["11", "19", undefined],
  ["20", "29", undefined],
] as const)(
  "beside the ranges 1 to 10 and 30 up, one from %s to %s has an error at %s",
  async ([min, max, at], { api }) => {
    const objects = await createPortalObjects(api);
    await post(api, rulesOf(objects), { min: 1, max: 10 });
    await post(api, rulesOf(objects), { min: 30 });
    const errors = {
      min: ["The 'From' value must be greater than the 'To' values of other existing rules"],
      max: ["'To' value cannot be less than your 'From' value"],
    };
    expect(await post(api, rulesOf(objects), { min, max })).toEqual(
      at === undefined ? [201, expect.anything()] : [422, { errors: { [at]: errors[at] } }],
    );
  },
);

test("ranges of other metrics and other plans do not overlap", async ({ api }) => {
  const objects = await createPortalObjects(api); // has a rule of the metric from 1 up
  const other = { ...objects, applicationPlan: await addPlan(api, objects.service) };
  expect(await post(api, rulesOf(objects), { min: 1 })).toEqual([201, expect.anything()]);
  expect(await post(api, rulesOf(other), { min: 1 })).toEqual([201, expect.anything()]);
  const list = idsIn((await api.send("GET", `${termsOf(objects)}/pricing_rules.xml`)).body);
  expect(list).toEqual([objects.pricingRule, expect.any(Number)]);
  expect(idsIn((await api.send("GET", `${rulesOf(objects)}.xml`)).body)).toHaveLength(2); // of all plans, as in 3scale
});

test("terms exist only for application plans, and metrics of their service", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const other = (await api.send("POST", "/services.json", { payload: { name: "Winds" } })).json().service.id;
  const foreign = (await api.send("GET", `/services/${other}/metrics.json`)).json().metrics[0].metric.id;
  for (const [plan, metric] of [
    [objects.servicePlan, objects.metric],
    [objects.accountPlan, objects.metric],
    [objects.applicationPlan, foreign],
    [objects.applicationPlan, 0],
  ]) {
    const path = `/application_plans/${plan}/metrics/${metric}`;
    for (const terms of ["limits", "pricing_rules"]) {
      const statuses = [
        (await api.send("GET", `${path}/${terms}.json`)).statusCode,
        (await api.send("POST", `${path}/${terms}.json`, { payload: { period: "day", min: 1 } })).statusCode,
      ];
      expect([path, terms, ...statuses]).toEqual([path, terms, 404, 404]);
    }
  }
  expect((await api.send("GET", `/application_plans/${objects.servicePlan}/limits.json`)).statusCode).toBe(404);
  expect((await api.send("GET", `/application_plans/${objects.servicePlan}/pricing_rules.json`)).statusCode).toBe(404);
});

test("a custom plan has copies of its original's terms, which change on their own and go with it", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const application = `/accounts/${objects.account}/applications/${objects.application}`;
  const custom = (await api.send("PUT", `${application}/customize_plan.json`)).json().application_plan.id;
  const copies = { ...objects, applicationPlan: custom };
  const limits = (await api.send("GET", `${termsOf(copies)}/limits.json`)).json().limits;
  expect(limits).toEqual([
    { limit: expect.objectContaining({ period: "day", value: 10, metric_id: objects.metric, plan_id: custom }) },
  ]);
  const rules = (await api.send("GET", `${termsOf(copies)}/pricing_rules.json`)).json().pricing_rules;
  expect(rules).toEqual([
    { pricing_rule: expect.objectContaining({ min: 1, cost_per_unit: "0.0", metric_id: objects.metric }) },
  ]);
  await api.send("PUT", `${limitsOf(copies)}/${limits[0].limit.id}.json`, { payload: { value: 99 } });
  const original = await api.send("GET", `${limitsOf(objects)}/${objects.limit}.json`);
  expect(original.json().limit.value).toBe(10);
  await api.send("PUT", `${application}/decustomize_plan.json`);
  const left = await api.pool.query("select from usage_limits where provider_id = $1", [api.provider.id]);
  expect(left).toHaveLength(1);
});

test("a plan with a pricing rule counts as paid", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const applications = async (type: string): Promise<readonly number[]> =>
    idsIn((await api.send("GET", `/applications.xml?plan_type=${type}`)).body).filter(
      (id) => id === objects.application,
    );
  expect([await applications("paid"), await applications("free")]).toEqual([[objects.application], []]);
  const path = `${termsOf(objects)}/metrics/${objects.metric}/pricing_rules/${objects.pricingRule}.json`;
  await api.send("DELETE", path);
  expect([await applications("paid"), await applications("free")]).toEqual([[], [objects.application]]);
});

test("terms are read and changed only by members who may see the service", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const other = (await api.send("POST", "/services.json", { payload: { name: "Winds" } })).json().service.id;
  const sections = ["partners", "plans"] as const;
  for (const [serviceIds, read, changed] of [
    [[objects.service], 200, 201],
    [[other], 404, 404],
  ] as const) {
    const headers = { authorization: `Bearer ${await api.addToken({ role: "member", sections, serviceIds })}` };
    for (const path of [`${termsOf(objects)}/limits`, limitsOf(objects), `${termsOf(objects)}/pricing_rules`])
      expect([path, (await api.send("GET", `${path}.json`, { headers })).statusCode]).toEqual([path, read]);
    const limit = await api.send("POST", `${limitsOf(objects)}.json`, { headers, payload: { period: "hour" } });
    expect(limit.statusCode).toBe(changed);
  }
});

test("changes of terms leave audit records with the plan, the metric and what they were", async ({ api }) => {
  const objects = await createPortalObjects(api);
  await api.send("PUT", `${limitsOf(objects)}/${objects.limit}.json`, { payload: { value: 20 } });
  await api.send("DELETE", `${limitsOf(objects)}/${objects.limit}.json`);
  const rule = `${termsOf(objects)}/metrics/${objects.metric}/pricing_rules/${objects.pricingRule}.json`;
  await api.send("DELETE", rule);
  const records = await api.pool.query(
    "select action, detail from audit_records where provider_id = $1 and subject = any($2) order by at, id",
    [api.provider.id, [`limit/${objects.limit}`, `pricing_rule/${objects.pricingRule}`]],
  );
  const of = { planId: objects.applicationPlan, metricId: objects.metric };
  const price = { min: 1, max: null, costPerUnit: "0.0000" };
  expect(records).toEqual([
    { action: "limit.created", detail: { ...of, period: "day", value: 10 } },
    { action: "pricing_rule.created", detail: { ...of, ...price } },
    { action: "limit.changed", detail: { ...of, changed: ["value"] } },
    { action: "limit.deleted", detail: { ...of, period: "day", value: 20 } },
    { action: "pricing_rule.deleted", detail: { ...of, ...price } },
  ]);
});

test("a limit that is changed below the path of another plan keeps its plan, which its audit records name", async ({
  api,
}) => {
  const objects = await createPortalObjects(api);
  const other = { ...objects, applicationPlan: await addPlan(api, objects.service) };
  const path = `${limitsOf(other)}/${objects.limit}.json`;
  const changed = await api.send("PUT", path, { payload: { value: 7 } });
  expect(changed.json().limit).toMatchObject({ value: 7, plan_id: objects.applicationPlan });
  expect((await api.send("DELETE", path)).statusCode).toBe(200);
  const records = await api.pool.query(
    "select detail ->> 'planId' as plan from audit_records where provider_id = $1 and subject = $2 order by at, id",
    [api.provider.id, `limit/${objects.limit}`],
  );
  expect(records).toEqual(Array.from({ length: 3 }, () => ({ plan: String(objects.applicationPlan) })));
});
