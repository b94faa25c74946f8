import { expect } from "vitest";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects, type PortalObjects } from "./portal-objects.ts";

const metricsOf = ({ service }: Pick<PortalObjects, "service">): string => `/services/${service}/metrics`;
const methodsOf = (objects: PortalObjects): string => `${metricsOf(objects)}/${objects.metric}/methods`;

interface Added {
  readonly id: number;
  readonly parent_id?: number;
}

const add = async (api: ProviderApi, path: string, payload: object): Promise<Added> => {
  const response = await api.send("POST", `${path}.json`, { payload });
  expect([response.statusCode, response.body]).toEqual([201, expect.anything()]);
  const { metric, method } = response.json();
  return metric ?? method;
};

const refusal = async (api: ProviderApi, path: string, payload: object): Promise<unknown> => {
  const response = await api.send("POST", `${path}.json`, { payload });
  return [response.statusCode, response.json()];
};

const taken = ["has already been taken"];

test("every service has the metric hits, which cannot be deleted", async ({ api }) => {
  const { id } = (await api.send("POST", "/services.json", { payload: { name: "Tides" } })).json().service;
  const list = await api.send("GET", `/services/${id}/metrics.json`);
  const [{ metric: hits }] = list.json().metrics;
  expect(hits).toMatchObject({ system_name: "hits", friendly_name: "Hits", unit: "hit" });
  expect(list.json().metrics).toHaveLength(1);
  expect((await api.send("GET", `/services/${id}/metrics.xml`)).body).toBe(
    `${xmlDeclaration}<metrics><metric><id>${hits.id}</id><name>hits</name><system_name>hits</system_name>` +
      `<friendly_name>Hits</friendly_name><service_id>${id}</service_id>` +
      "<description>Number of API hits</description><unit>hit</unit></metric></metrics>",
  );
  const deletion = await api.send("DELETE", `/services/${id}/metrics/${hits.id}.xml`);
  expect([deletion.statusCode, deletion.body]).toEqual([
    403,
    `${xmlDeclaration}<errors><error>The Hits metric cannot be deleted</error></errors>`,
  ]);
  const asJson = await api.send("DELETE", `/services/${id}/metrics/${hits.id}.json`);
  expect(asJson.json()).toEqual({ errors: { base: ["The Hits metric cannot be deleted"] } });
});

test("a metric gets its system name from its friendly name, and keeps it", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const payload = { friendly_name: "Mega bytes", unit: "MB", name: "ignored" };
  const created = await api.send("POST", `${metricsOf(objects)}.json`, { payload });
  const { id } = created.json().metric;
  const self = `https://${api.host}/admin/api${metricsOf(objects)}/${id}`;
  expect(created.json().metric).toMatchObject({ name: "mega_bytes", system_name: "mega_bytes", unit: "MB" });
  expect(created.headers.location).toBe(self);
  const changed = await api.send("PUT", `${metricsOf(objects)}/${id}.json`, {
    payload: { friendly_name: "Traffic", system_name: "other" },
  });
  expect([changed.statusCode, changed.json().metric]).toEqual([
    200,
    expect.objectContaining({ friendly_name: "Traffic", system_name: "mega_bytes", unit: "MB" }),
  ]);
});

test("names are unique within a service, and free in another", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const other = (await api.send("POST", "/services.json", { payload: { name: "Winds" } })).json().service.id;
  const megabytes = { friendly_name: "Megabytes", unit: "MB" };
  await add(api, metricsOf(objects), megabytes);
  expect(await refusal(api, metricsOf(objects), megabytes)).toEqual([
    422,
    { errors: { system_name: taken, friendly_name: taken } },
  ]);
  expect(await refusal(api, metricsOf(objects), { ...megabytes, system_name: "mb" })).toEqual([
    422,
    { errors: { friendly_name: taken } },
  ]);
  expect(await refusal(api, metricsOf(objects), { friendly_name: "Mb", unit: "MB", system_name: "hits" })).toEqual([
    422,
    { errors: { system_name: taken } },
  ]);
  expect(await refusal(api, methodsOf(objects), { friendly_name: "Megabytes", system_name: "mega" })).toEqual([
    422,
    { errors: { friendly_name: taken } },
  ]);
  await add(api, metricsOf({ service: other }), megabytes);
  const renamed = await api.send("PUT", `${metricsOf(objects)}/${objects.metric}.xml`, {
    payload: { friendly_name: "Megabytes" },
  });
  expect([renamed.statusCode, renamed.body]).toEqual([
    422,
    `${xmlDeclaration}<errors><error>Friendly name has already been taken</error></errors>`,
  ]);
});

test("a metric needs a friendly name and a unit, and a valid system name", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const response = await api.send("POST", `${metricsOf(objects)}.xml`, { payload: { unit: "pounds" } });
  expect([response.statusCode, response.body]).toEqual([
    422,
    `${xmlDeclaration}<errors><error>Friendly name can't be blank</error></errors>`,
  ]);
  expect(await refusal(api, metricsOf(objects), { friendly_name: "Weight" })).toEqual([
    422,
    { errors: { unit: ["can't be blank"] } },
  ]);
  expect(
    await refusal(api, metricsOf(objects), { friendly_name: "Weight", unit: "lb", system_name: "hello world" }),
  ).toEqual([422, { errors: { system_name: ["invalid"] } }]);
});

test("a method belongs to hits, has its unit, and is a metric in the list of metrics", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const { service, metric: hits } = objects;
  const method = await add(api, methodsOf(objects), { friendly_name: "Departures", unit: "ship" });
  expect([method.parent_id, Object.hasOwn(method, "unit")]).toEqual([hits, false]);
  await api.send("PUT", `${metricsOf(objects)}/${hits}.json`, { payload: { unit: "call" } });
  const asMetric = (await api.send("GET", `${metricsOf(objects)}/${method.id}.json`)).json();
  expect(asMetric.metric).toMatchObject({ id: method.id, unit: "call", parent_id: hits });
  const xml = `<method><id>${method.id}</id><name>departures</name><system_name>departures</system_name><friendly_name>Departures</friendly_name><service_id>${service}</service_id><description/><metric_id>${hits}</metric_id></method>`;
  expect((await api.send("GET", `${metricsOf(objects)}/${method.id}.xml`)).body).toBe(`${xmlDeclaration}${xml}`);
  expect((await api.send("GET", `${metricsOf(objects)}.xml`)).body).toContain(`</metric>`);
  expect((await api.send("GET", `${metricsOf(objects)}.xml`)).body).toContain(`${xml}</metrics>`);
  expect((await api.send("GET", `${methodsOf(objects)}.xml`)).body).toContain(`${xml}</methods>`);
  expect((await api.send("GET", `/services/${service}.xml`)).body).toContain(`${xml}</metrics></service>`);
  expect((await api.send("GET", "/services.xml")).body).toContain(`${xml}</metrics></service>`);
});

test("only hits has methods", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const { id } = await add(api, metricsOf(objects), { friendly_name: "Megabytes", unit: "MB" });
  const error = ["You can only create methods under 'hits'"];
  for (const parent of [id, objects.method]) {
    const path = `${metricsOf(objects)}/${parent}/methods`;
    expect(await refusal(api, path, { friendly_name: "Part" })).toEqual([422, { errors: { parent_id: error } }]);
    expect((await api.send("GET", `${path}.json`)).json()).toEqual({ methods: [] });
    expect((await api.send("GET", `${path}/${objects.method}.json`)).statusCode).toBe(404);
  }
});

test("metrics are found only below their service", async ({ api }) => {
  const { metric, method } = await createPortalObjects(api);
  const other = (await api.send("POST", "/services.json", { payload: { name: "Winds" } })).json().service.id;
  for (const path of [`metrics/${metric}`, `metrics/${metric}/methods`, `metrics/${metric}/methods/${method}`]) {
    expect([path, (await api.send("GET", `/services/${other}/${path}.json`)).statusCode]).toEqual([path, 404]);
  }
  const payload = { friendly_name: "Part" };
  const response = await api.send("POST", `/services/${other}/metrics/${metric}/methods.json`, { payload });
  expect(response.statusCode).toBe(404);
});

test("a deleted metric takes its limits and pricing rules along, in all plans", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const { id } = await add(api, metricsOf(objects), { friendly_name: "Megabytes", unit: "MB" });
  const terms = `/application_plans/${objects.applicationPlan}`;
  await api.send("POST", `${terms}/metrics/${id}/limits.json`, { payload: { period: "day", value: 1 } });
  await api.send("POST", `${terms}/metrics/${id}/pricing_rules.json`, { payload: { cost_per_unit: "1" } });
  const deletion = await api.send("DELETE", `${metricsOf(objects)}/${id}.xml`);
  expect([deletion.statusCode, deletion.body]).toEqual([200, ""]);
  const left = async (list: string): Promise<readonly unknown[]> =>
    Object.values((await api.send("GET", `${terms}/${list}.json`)).json<Record<string, readonly unknown[]>>()).flat();
  expect(await left("limits")).toEqual([{ limit: expect.objectContaining({ id: objects.limit }) }]);
  expect(await left("pricing_rules")).toEqual([{ pricing_rule: expect.objectContaining({ id: objects.pricingRule }) }]);
});

test("creating, changing and deleting metrics leaves audit records, and a change of nothing leaves none", async ({
  api,
}) => {
  const objects = await createPortalObjects(api);
  const { id } = await add(api, metricsOf(objects), { friendly_name: "Megabytes", unit: "MB" });
  await api.send("PUT", `${metricsOf(objects)}/${id}.json`, { payload: { description: "Sent" } });
  await api.send("PUT", `${metricsOf(objects)}/${id}.json`, { payload: { description: "Sent" } });
  await api.send("DELETE", `${metricsOf(objects)}/${id}.json`);
  const records = await api.pool.query(
    "select action, detail from audit_records where provider_id = $1 and subject = $2 order by at, id",
    [api.provider.id, `metric/${id}`],
  );
  const { service: productId } = objects;
  expect(records).toEqual([
    { action: "metric.created", detail: { productId, systemName: "megabytes", parentId: null } },
    { action: "metric.changed", detail: { changed: ["description"] } },
    { action: "metric.deleted", detail: { productId, systemName: "megabytes" } },
  ]);
});
