import { expect } from "vitest";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

interface Feature {
  readonly id: number;
  readonly name?: string;
  readonly system_name: string;
  readonly scope: string;
  readonly created_at: string;
  readonly updated_at: string;
}

async function addFeature(api: ProviderApi, path: string, payload: object): Promise<Feature> {
  const response = await api.send("POST", `${path}.json`, { payload });
  expect([response.statusCode, response.body]).toEqual([201, expect.anything()]);
  return response.json().feature;
}

const addService = async (api: ProviderApi, name: string): Promise<number> =>
  Number((await api.send("POST", "/services.json", { payload: { name } })).json().service.id);

const idsAt = async (api: ProviderApi, path: string): Promise<readonly number[]> =>
  (await api.send("GET", path)).json().features.map(({ feature }: { feature: Feature }) => feature.id);

test("a feature has the elements, properties and links of 3scale's, and no others", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  const admin = `https://${api.host}/admin/api`;
  const payload = { name: "Uptime 99.9", description: "Per month" };
  const created = await api.send("POST", `/services/${service}/features.json`, { payload });
  const { id, created_at, updated_at } = created.json().feature;
  expect(Object.entries(created.json().feature)).toEqual(
    Object.entries({
      id,
      name: "Uptime 99.9",
      system_name: "uptime_99_9",
      scope: "application_plan",
      visible: true,
      description: "Per month",
      created_at,
      updated_at,
      links: [
        { rel: "self", href: `${admin}/services/${service}/features/${id}` },
        { rel: "service", href: `${admin}/services/${service}` },
      ],
    }),
  );
  expect([created.statusCode, created.headers.location]).toEqual([201, `${admin}/services/${service}/features/${id}`]);
  expect((await api.send("GET", `/services/${service}/features/${id}.xml`)).body).toBe(
    `${xmlDeclaration}<feature><id>${id}</id><name>Uptime 99.9</name><system_name>uptime_99_9</system_name>` +
      `<service_id>${service}</service_id><scope>application_plan</scope><visible>true</visible>` +
      "<description>Per month</description></feature>",
  );
});

test("a feature of account plans belongs to the provider and links to itself only", async ({ api }) => {
  const created = await api.send("POST", "/features.xml", { payload: { name: "Meetings" } });
  const [, id] = /<id>(\d+)</.exec(created.body) ?? [];
  const self = `https://${api.host}/admin/api/features/${id}`;
  expect([created.headers.location, created.body]).toEqual([
    self,
    `${xmlDeclaration}<feature><id>${id}</id><name>Meetings</name><system_name>meetings</system_name>` +
      `<account_id>${api.provider.id}</account_id><scope>account_plan</scope><visible>true</visible><description/></feature>`,
  ]);
  const { feature } = (await api.send("GET", `/features/${id}.json`)).json();
  expect([feature.links, "description" in feature]).toEqual([[{ rel: "self", href: self }], false]);
});

test("a feature without a name gets a system name by chance", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  const feature = await addFeature(api, `/services/${service}/features`, { scope: "ServicePlan" });
  expect(feature).toMatchObject({
    scope: "service_plan",
    system_name: expect.stringMatching(/^feature_[0-9a-f]{12}$/),
  });
  expect(feature).not.toHaveProperty("name");
});

test("the link features of a service leads to its features, and each list has those of its owner", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const other = await addService(api, "Tides");
  const { links } = (await api.send("GET", `/services/${other}.json`)).json().service;
  const { href } = links.find(({ rel }: { rel: string }) => rel === "features");
  const path = href.replace(/^.*\/admin\/api/, "");
  expect((await api.send("GET", `${path}.xml`)).body).toBe(`${xmlDeclaration}<features></features>`);
  const { id } = await addFeature(api, path, { name: "Moon" });
  expect(await idsAt(api, `${path}.json`)).toEqual([id]);
  const own = [objects.serviceFeature, objects.planFeature].toSorted((a, b) => a - b);
  expect(await idsAt(api, `/services/${objects.service}/features.json`)).toEqual(own);
  expect(await idsAt(api, "/features.json")).toEqual([objects.accountFeature]);
});

test("a system name is unique for the provider and for each service, and can be changed", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  const paths = ["/features", `/services/${service}/features`, `/services/${await addService(api, "Tides")}/features`];
  for (const path of paths) {
    const { id } = await addFeature(api, path, { name: "Gold", system_name: "one" });
    const { id: second } = await addFeature(api, path, { name: "Gold", system_name: "two" });
    const errors = { errors: { system_name: ["has already been taken"] } };
    const created = await api.send("POST", `${path}.json`, { payload: { system_name: "one" } });
    const renamed = await api.send("PUT", `${path}/${second}.json`, { payload: { name: "X", system_name: "one" } });
    expect([created.statusCode, created.json(), renamed.statusCode, renamed.json()]).toEqual([
      422,
      errors,
      422,
      errors,
    ]);
    expect((await api.send("GET", `${path}/${second}.json`)).json().feature.name).toBe("Gold");
    const xml = await api.send("PUT", `${path}/${id}.xml`, { payload: { system_name: "three" } });
    expect([xml.statusCode, xml.body]).toEqual([200, expect.stringContaining("<system_name>three</system_name>")]);
    await addFeature(api, path, { system_name: "one" });
  }
});

const [tooLong, muchTooLong] = ["x".repeat(256), "x".repeat(10_001)];

test.for([
  ["POST", {}, 400, "Required parameter missing: feature"],
  ["POST", { feature: {} }, 400, "Required parameter missing: feature"],
  ["POST", { feature: "Gold" }, 422, "Wrong type for parameter: feature"],
  ["POST", { system_name: "?" }, 422, '{"errors":{"system_name":["invalid"]}}'],
  ["POST", { scope: "AccountPlan" }, 422, '{"errors":{"scope":["must be ApplicationPlan or ServicePlan"]}}'],
  ["POST", { scope: "" }, 422, '{"errors":{"scope":["must be ApplicationPlan or ServicePlan"]}}'],
  ["PUT", {}, 400, "Required parameter missing: feature"],
  ["PUT", { system_name: "" }, 422, '{"errors":{"system_name":["can\'t be blank","invalid"]}}'],
  ["PUT", { name: tooLong }, 422, '{"errors":{"name":["is too long (maximum is 255 characters)"]}}'],
  [
    "PUT",
    { description: muchTooLong },
    422,
    '{"errors":{"description":["is too long (maximum is 10000 characters)"]}}',
  ],
] as const)("%s of a service's feature with %j answers %i", async ([method, payload, status, body], { api }) => {
  const { service, planFeature } = await createPortalObjects(api);
  const path = `/services/${service}/features${method === "PUT" ? `/${planFeature}` : ""}.json`;
  const response = await api.send(method, path, { payload });
  expect([response.statusCode, response.body]).toEqual([status, body]);
});

test("a wrong scope is named in XML as in 3scale", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  const response = await api.send("POST", `/services/${service}/features.xml`, { payload: { scope: "AccountPlan" } });
  expect(response.body).toBe(
    `${xmlDeclaration}<errors><error>Scope must be ApplicationPlan or ServicePlan</error></errors>`,
  );
});

test("a feature is found below its own owner only", async ({ api }) => {
  const { service, accountFeature, planFeature } = await createPortalObjects(api);
  const other = await addService(api, "Tides");
  const paths = [
    `/services/${other}/features/${planFeature}`,
    `/features/${planFeature}`,
    `/services/${service}/features/${accountFeature}`,
  ];
  for (const path of paths) {
    for (const method of ["GET", "PUT", "DELETE"] as const) {
      const payload = method === "PUT" ? { payload: { name: "Renamed" } } : {};
      expect([method, path, (await api.send(method, `${path}.json`, payload)).statusCode]).toEqual([method, path, 404]);
    }
  }
  expect(await idsAt(api, "/features.json")).toEqual([accountFeature]);
});

/** The features of the kinds of plans, with another one that no plan has. */
async function planFeatures(api: ProviderApi) {
  const objects = await createPortalObjects(api);
  const ofService = `/services/${objects.service}/features`;
  const other = await addService(api, "Tides");
  const foreign = (await addFeature(api, `/services/${other}/features`, { scope: "ServicePlan" })).id;
  return [
    {
      path: `/account_plans/${objects.accountPlan}/features`,
      enabled: objects.accountFeature,
      free: (await addFeature(api, "/features", { name: "Free" })).id,
      foreign: objects.planFeature,
      wrongScope: undefined,
    },
    {
      path: `/service_plans/${objects.servicePlan}/features`,
      enabled: objects.serviceFeature,
      free: (await addFeature(api, ofService, { name: "Free", scope: "ServicePlan" })).id,
      foreign,
      wrongScope: objects.planFeature,
    },
    {
      path: `/application_plans/${objects.applicationPlan}/features`,
      enabled: objects.planFeature,
      free: (await addFeature(api, ofService, { name: "Rate" })).id,
      foreign: objects.accountFeature,
      wrongScope: objects.serviceFeature,
    },
  ];
}

test("a feature is enabled for a plan once, and the response shows it", async ({ api }) => {
  for (const { path, enabled, free } of await planFeatures(api)) {
    expect(await idsAt(api, `${path}.json`)).toEqual([enabled]);
    const created = await api.send("POST", `${path}.json`, { payload: { feature_id: free } });
    expect([created.statusCode, created.json().feature.id]).toEqual([201, free]);
    const location = created.headers.location?.replace(/^.*\/admin\/api/, "");
    expect((await api.send("GET", `${location}.json`)).json()).toEqual(created.json());
    const xml = (await api.send("GET", `${path}.xml`)).body;
    expect(xml).toMatch(new RegExp(`<features><feature><id>${enabled}</id>.*<feature><id>${free}</id>.*</features>$`));
    for (const format of ["xml", "json"]) {
      const again = await api.send("POST", `${path}.${format}`, { payload: { id: free } });
      expect([path, again.statusCode, again.body]).toEqual([path, 409, ""]);
    }
  }
});

test("a plan takes no feature of another owner or scope", async ({ api }) => {
  for (const { path, enabled, foreign, wrongScope } of await planFeatures(api)) {
    const enable = (feature_id: unknown, format = "json") =>
      api.send("POST", `${path}.${format}`, { payload: { feature_id } });
    for (const id of [foreign, 999_999_999, "x", ""])
      expect([path, id, (await enable(id)).statusCode]).toEqual([path, id, 404]);
    if (wrongScope !== undefined) {
      const [json, xml] = [await enable(wrongScope), await enable(wrongScope, "xml")];
      expect([json.statusCode, json.json()]).toEqual([422, { errors: { plan_type: ["mismatch"] } }]);
      expect(xml.body).toBe(`${xmlDeclaration}<errors><error>Plan type mismatch</error></errors>`);
    }
    expect(await idsAt(api, `${path}.json`)).toEqual([enabled]);
  }
});

test("a feature is disabled for one plan and kept, and a feature that the plan does not have is not found", async ({
  api,
}) => {
  for (const { path, enabled, free } of await planFeatures(api)) {
    expect((await api.send("DELETE", `${path}/${free}.json`)).statusCode).toBe(404);
    const disabled = await api.send("DELETE", `${path}/${enabled}.xml`);
    expect([path, disabled.statusCode, disabled.body]).toEqual([path, 200, ""]);
    expect((await api.send("DELETE", `${path}/${enabled}.json`)).statusCode).toBe(404);
    expect(await idsAt(api, `${path}.json`)).toEqual([]);
    expect((await api.send("POST", `${path}.json`, { payload: { feature_id: enabled } })).statusCode).toBe(201);
    // `feature_id` wins over the path, as in 3scale.
    expect((await api.send("DELETE", `${path}/1.json?feature_id=${enabled}`)).statusCode).toBe(200);
  }
});

test("a plan is found as its own kind only", async ({ api }) => {
  const { accountPlan, servicePlan, applicationPlan, planFeature } = await createPortalObjects(api);
  for (const path of [
    `/account_plans/${applicationPlan}/features`,
    `/service_plans/${applicationPlan}/features`,
    `/application_plans/${servicePlan}/features`,
    `/application_plans/${accountPlan}/features`,
  ]) {
    const payload = { feature_id: planFeature };
    expect((await api.send("GET", `${path}.json`)).statusCode).toBe(404);
    expect((await api.send("POST", `${path}.json`, { payload })).statusCode).toBe(404);
    expect((await api.send("DELETE", `${path}/${planFeature}.json`)).statusCode).toBe(404);
  }
  expect(await idsAt(api, `/application_plans/${applicationPlan}/features.json`)).toEqual([planFeature]);
});

test("a feature that plans have is deleted, also from them, and a plan is deleted with its features", async ({
  api,
}) => {
  const { service, applicationPlan, planFeature } = await createPortalObjects(api);
  const deleted = await api.send("DELETE", `/services/${service}/features/${planFeature}.xml`);
  expect([deleted.statusCode, deleted.body]).toEqual([200, ""]);
  expect(await idsAt(api, `/application_plans/${applicationPlan}/features.json`)).toEqual([]);

  const gold = (await api.send("POST", "/account_plans.json", { payload: { name: "Gold" } })).json().account_plan.id;
  const { id } = await addFeature(api, "/features", { name: "Meetings" });
  await addFeature(api, `/account_plans/${gold}/features`, { feature_id: id });
  expect((await api.send("DELETE", `/account_plans/${gold}.json`)).statusCode).toBe(200);
  expect(await idsAt(api, "/features.json")).toContain(id);
});

test("each change of a feature, and of a plan's features, records who made it", async ({ api }) => {
  const { service, applicationPlan } = await createPortalObjects(api);
  const { id } = await addFeature(api, `/services/${service}/features`, { name: "Uptime" });
  const path = `/services/${service}/features/${id}.json`;
  await api.send("PUT", path, { payload: { name: "Uptime 99.9", description: "Per month" } });
  await api.send("PUT", path, { payload: { name: "Uptime 99.9" } });
  await addFeature(api, `/application_plans/${applicationPlan}/features`, { feature_id: id });
  await api.send("DELETE", `/application_plans/${applicationPlan}/features/${id}.json`);
  await api.send("DELETE", path);
  const records = await api.pool.query(
    `select action, subject, actor_kind as actor, detail from audit_records
     where provider_id = $1 and (subject = $2 or subject = $3 and detail ->> 'featureId' = $4) order by id`,
    [api.provider.id, `feature/${id}`, `plan/${applicationPlan}`, String(id)],
  );
  const ofFeature = { subject: `feature/${id}`, actor: "token" };
  const ofPlan = { subject: `plan/${applicationPlan}`, actor: "token", detail: { featureId: id, name: "Uptime 99.9" } };
  const detail = { kind: "application_plan", productId: service, name: "Uptime" };
  expect(records).toEqual([
    { action: "feature.created", ...ofFeature, detail },
    { action: "feature.changed", ...ofFeature, detail: { changed: ["name", "description"] } },
    { action: "plan.feature_enabled", ...ofPlan },
    { action: "plan.feature_disabled", ...ofPlan },
    { action: "feature.deleted", ...ofFeature, detail: { ...detail, name: "Uptime 99.9" } },
  ]);
});
