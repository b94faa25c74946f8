import { expect } from "vitest";
import { test, xmlDeclaration, type ProviderApi } from "./api-test.ts";

const idIn = (body: string): number => Number(/"id":(\d+)/.exec(body)?.[1]);

/** Creates an account, and a service with a plan and the authentication by application id and key. */
async function createPlan(api: ProviderApi): Promise<{ account: number; service: number; plan: number }> {
  const post = async (path: string, payload: object): Promise<number> =>
    idIn((await api.send("POST", path, { payload })).body);
  const account = await post("/signup.json", { org_name: "Quay Ltd", username: "quay" });
  const service = await post("/services.json", { name: "Tides", backend_version: "2" });
  const plan = await post(`/services/${service}/application_plans.json`, { name: "Basic" });
  return { account, service, plan };
}

async function createApplication(api: ProviderApi): Promise<{ path: string; service: number }> {
  const { account, service, plan } = await createPlan(api);
  const payload = { plan_id: plan, name: "Ferry", application_key: "key-one" };
  const id = idIn((await api.send("POST", `/accounts/${account}/applications.json`, { payload })).body);
  return { path: `/accounts/${account}/applications/${id}`, service };
}

test("a form may repeat application_key, with or without brackets", async ({ api }) => {
  const { account, plan } = await createPlan(api);
  for (const [name, keys] of [
    ["one", "application_key[]=key-one&application_key[]=key-two"],
    ["two", "application_key=key-one&application_key=key-two"],
  ]) {
    const response = await api.send("POST", `/accounts/${account}/applications.xml`, {
      payload: `plan_id=${plan}&name=${name}&${keys}`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(response.body).toContain("<keys><key>key-one</key><key>key-two</key></keys>");
  }
});

test("the response to the creation of an application lists its keys in the order of every later one", async ({
  api,
}) => {
  const { account, plan } = await createPlan(api);
  const path = `/accounts/${account}/applications`;
  const payload = { plan_id: plan, name: "Ferry", application_key: ["zebra", "Zebu!", "acorn"] };
  const created = await api.send("POST", `${path}.xml`, { payload });
  const [, id = ""] = /<id>(\d+)/.exec(created.body) ?? [];
  expect((await api.send("GET", `${path}/${id}.xml`)).body).toBe(created.body);
});

test("an application cannot move to a plan of another service, and the error has the reason", async ({ api }) => {
  const { path, service } = await createApplication(api);
  const plans: { application_plan: { id: number; links: { href: string }[] } }[] = (
    await api.send("GET", "/application_plans.json")
  ).json().plans;
  const other = plans.find(({ application_plan: { links } }) => !links[0]?.href.endsWith(`/${service}`));
  const move = (format: string, plan_id = other?.application_plan.id) =>
    api.send("PUT", `${path}/change_plan.${format}`, { payload: { plan_id } });
  const [json, xml] = [await move("json"), await move("xml")];
  expect([json.statusCode, json.json()]).toEqual([422, { errors: { plan: ["not allowed in this context"] } }]);
  expect(xml.body).toBe(`${xmlDeclaration}<errors><error>Plan not allowed in this context</error></errors>`);
  const ofAccounts = idIn((await api.send("GET", "/account_plans.json")).body);
  for (const id of [0, ofAccounts]) expect((await move("json", id)).statusCode).toBe(404);
});

test("the OpenID Connect configuration has 3scale's order in every document", async ({ api }) => {
  const { path, service } = await createApplication(api);
  await api.send("PUT", `/services/${service}.json`, { payload: { backend_version: "oidc" } });
  const names =
    "id standard_flow_enabled implicit_flow_enabled service_accounts_enabled direct_access_grants_enabled".split(" ");
  const { application } = (await api.send("GET", `${path}.json`)).json();
  expect(Object.keys(application.oidc_configuration)).toEqual(names);
  const [, xml = ""] =
    /<oidc_configuration>(.*)<\/oidc_configuration>/.exec((await api.send("GET", `${path}.xml`)).body) ?? [];
  expect(xml.match(/(?<=<)\w+/g)).toEqual(names);
});

test("a time without a zone is one in the provider's zone, as in responses", async ({ api }) => {
  await api.send("PUT", "/settings.json", { payload: { time_zone: "Europe/Oslo" } });
  const { path } = await createApplication(api);
  const payload = { first_traffic_at: "2026-07-01 10:00:00", first_daily_traffic_at: "2026-07-01 10:00:00 UTC" };
  expect((await api.send("PUT", `${path}.json`, { payload })).json().application).toMatchObject({
    first_traffic_at: "2026-07-01T10:00:00+02:00",
    first_daily_traffic_at: "2026-07-01T12:00:00+02:00",
  });
});

test("keys are listed with their timestamps", async ({ api }) => {
  const { path } = await createApplication(api);

  expect((await api.send("GET", `${path}/keys.xml`)).body).toMatch(
    /^<\?xml[^>]*\?><keys><key><value>key-one<\/value><updated_at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC<\/updated_at><created_at>/,
  );
});

test("a key is deleted by its value, even if the value ends like an extension", async ({ api }) => {
  const { path } = await createApplication(api);
  await api.send("POST", `${path}/keys.xml`, { payload: { key: "secret.xml" } });
  const remove = async (key: string): Promise<number> => (await api.send("DELETE", `${path}/keys/${key}`)).statusCode;

  expect(await remove("secret.xml")).toBe(404);
  expect(await remove("secret.xml.xml")).toBe(200);
  expect(await remove("unknown.json")).toBe(404);
  expect(await remove("key-one")).toBe(200);
});

test("a key without a value is random, whether the value is absent or null", async ({ api }) => {
  const { path } = await createApplication(api);
  for (const payload of [{}, { key: null }]) await api.send("POST", `${path}/keys.json`, { payload });
  const { body } = await api.send("GET", `${path}/keys.json`);
  expect(body.match(/"value":"[0-9a-f]{32}"/g)).toHaveLength(2);
});

test("a sixth key and a malformed key are rejected with the reason", async ({ api }) => {
  const { path } = await createApplication(api);
  const add = (key: string) => api.send("POST", `${path}/keys.json`, { payload: { key } });
  for (const number of [2, 3, 4, 5]) expect((await add(`key-${number}`)).statusCode).toBe(201);

  const [sixth, spaced] = [await add("key-6"), await add("a key")];
  expect([sixth.statusCode, sixth.json().errors.base]).toEqual([422, ["Limit reached"]]);
  expect([spaced.statusCode, Object.keys(spaced.json().errors)]).toEqual([422, expect.arrayContaining(["value"])]);
});

test("a live application can be neither accepted nor resumed", async ({ api }) => {
  const { path } = await createApplication(api);
  for (const step of ["accept", "resume"]) {
    const response = await api.send("PUT", `${path}/${step}.json`);
    expect([step, response.statusCode, Object.keys(response.json().errors)]).toEqual([step, 422, ["state"]]);
  }
});

test("an application is found by its credentials, in its own service only", async ({ api }) => {
  const { path, service } = await createApplication(api);
  const appId = (await api.send("GET", `${path}.json`)).json().application.application_id;
  const findStatus = async (query: string): Promise<number> =>
    (await api.send("GET", `/applications/find.json?${query}`)).statusCode;

  expect(await findStatus(`app_id=${appId}`)).toBe(200);
  expect(await findStatus(`app_id=${appId}&service_id=${service}`)).toBe(200);
  expect(await findStatus(`app_id=${appId}&service_id=${service + 1}`)).toBe(404);
  expect(await findStatus(`user_key=${appId}`)).toBe(404);
  expect(await findStatus("")).toBe(404);
});

test("the list of all applications is filtered, and an invalid day is rejected", async ({ api }) => {
  const { service } = await createApplication(api);
  const count = async (query: string): Promise<number> =>
    (await api.send("GET", `/applications.json?${query}`)).json<{ applications: [] }>().applications.length;

  expect(await count("")).toBe(2);
  expect(await count(`service_id=${service}`)).toBe(1);
  expect(await count("plan_type=free&state=live&name=ferr")).toBe(1);
  expect(await count("account_query=nobody")).toBe(0);
  const wrong = await api.send("GET", "/applications.json?active_since=yesterday");
  expect([wrong.statusCode, wrong.json()]).toEqual([400, { error: "invalid time" }]);
});

test("an account cannot unsubscribe while one of its applications is not suspended", async ({ api }) => {
  const { path } = await createApplication(api);
  const account = path.split("/")[2];
  const list = await api.send("GET", `/accounts/${account}/service_contracts.json`);
  const [, contract] = list.json<{ service_contracts: { service_contract: { id: number } }[] }>().service_contracts;
  const contractPath = `/accounts/${account}/service_contracts/${contract?.service_contract.id}.xml`;
  const refused = await api.send("DELETE", contractPath);

  expect([refused.statusCode, refused.body]).toEqual([
    403,
    `${xmlDeclaration}<errors><error>There is 1 unsuspended application subscribed to the service</error></errors>`,
  ]);
  await api.send("PUT", `${path}/suspend.xml`);
  expect((await api.send("DELETE", contractPath)).statusCode).toBe(200);
  expect((await api.send("GET", `${path}.xml`)).statusCode).toBe(404);
});

test("an application's name is optional and can be emptied", async ({ api }) => {
  const { account, plan } = await createPlan(api);
  const created = await api.send("POST", `/accounts/${account}/applications.json`, { payload: { plan_id: plan } });
  expect([created.statusCode, created.json().application.name]).toEqual([201, undefined]);
  const path = `/accounts/${account}/applications/${created.json().application.id}`;
  expect((await api.send("GET", `${path}.xml`)).body).not.toContain("<name></name>");

  const update = async (payload: object): Promise<unknown> =>
    (await api.send("PUT", `${path}.json`, { payload })).json().application.name;
  expect(await update({ name: "Ferry" })).toBe("Ferry");
  expect(await update({ description: "Times" })).toBe("Ferry");
  expect(await update({ name: "" })).toBe("");
  expect((await api.send("GET", `${path}.json`)).json().application).toMatchObject({ name: "", description: "Times" });
  expect((await api.send("GET", `${path}.xml`)).body).toMatch(
    /<\/plan><description>Times<\/description><extra_fields>/,
  );
});

test("a service without a service plan rejects applications with 3scale's message", async ({ api }) => {
  const { account, service, plan } = await createPlan(api);
  await api.pool.query("delete from plans where product_id = $1 and kind = 'service_plan'", [service]);
  const send = (format: string) =>
    api.send("POST", `/accounts/${account}/applications.${format}`, { payload: { plan_id: plan } });
  const [json, xml] = [await send("json"), await send("xml")];
  expect([json.statusCode, json.json()]).toEqual([422, { error: "You cannot subscribe to that service." }]);
  expect(xml.body).toBe(`${xmlDeclaration}<error>You cannot subscribe to that service.</error>`);
});
