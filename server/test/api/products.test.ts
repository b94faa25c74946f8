import { expect } from "vitest";
import { indentXml } from "#platform/xml.ts";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

const create = async (api: ProviderApi, payload: object = { name: "Tide API" }) =>
  (await api.send("POST", "/services.json", { payload })).json().service;

const update = (api: ProviderApi, id: number, payload: object | string, headers = {}) =>
  api.send("PUT", `/services/${id}.json`, { payload, headers });

test("a new service has 3scale's defaults in both formats", async ({ api }) => {
  const service = await create(api, { name: "Tide API", annotations: { managed_by: "operator" } });
  const self = `https://${api.host}/admin/api/services/${service.id}`;
  expect(JSON.stringify(service)).toBe(
    JSON.stringify({
      id: service.id,
      name: "Tide API",
      state: "incomplete",
      system_name: "tide_api",
      backend_version: "1",
      deployment_option: "hosted",
      intentions_required: false,
      buyers_manage_apps: true,
      buyers_manage_keys: true,
      referrer_filters_required: false,
      custom_keys_enabled: true,
      buyer_key_regenerate_enabled: true,
      mandatory_app_key: true,
      buyer_can_select_plan: false,
      buyer_plan_change_permission: "request",
      annotations: { managed_by: "operator" },
      created_at: service.created_at,
      updated_at: service.updated_at,
      links: ["metrics", "self", "service_plans", "application_plans", "features"].map((rel) => ({
        rel,
        href: rel === "self" ? self : `${self}/${rel}`,
      })),
    }),
  );
  const xml = (await api.send("GET", `/services/${service.id}.xml`)).body;
  expect(xml).toContain("<description/><intentions_required>false</intentions_required>");
  expect(xml).toMatch(
    /<annotations><managed_by>operator<\/managed_by><\/annotations><deployment_option>hosted<\/deployment_option><support_email\/><metrics><metric><id>\d+<\/id><name>hits<\/name>.*<\/metrics><\/service>$/,
  );
});

test("a service's support email defaults to the provider's, which defaults to the first admin's", async ({ api }) => {
  const { id } = await create(api);
  const shown = async (): Promise<unknown> =>
    (await api.send("GET", `/services/${id}.json`)).json().service.support_email;
  expect(await shown()).toBeUndefined();
  await api.pool.query("update provider_users set email = 'boss@acme.test' where provider_id = $1", [api.provider.id]);
  expect(await shown()).toBe("boss@acme.test");
  await api.send("PUT", "/provider.json", { payload: { support_email: "help@acme.test" } });
  expect(await shown()).toBe("help@acme.test");
  await update(api, id, { support_email: "tides@acme.test" });
  expect(await shown()).toBe("tides@acme.test");
  expect((await update(api, id, { support_email: "no address" })).json()).toEqual({
    errors: { support_email: ["should look like an email address"] },
  });
  await update(api, id, { support_email: "" });
  expect(await shown()).toBe("help@acme.test");
});

test.for(
  [
    ["publish", "published"],
    ["publish", "published"],
    ["take_offline", "offline"],
    ["hide", "cannot transition when offline"],
    ["complete", "cannot transition when offline"],
    ["deprecate", "deprecated"],
    ["publish", "cannot transition when deprecated"],
    ["reject", "cannot transition when deprecated"],
    ["burn", "invalid"],
    ["toString", "invalid"],
  ].map((_, at, all) => [at, all.slice(0, at + 1)] as const),
)("a state event changes a service's state or is rejected: step %i", async ([, steps], { api }) => {
  const { id } = await create(api);
  for (const [event, expected] of steps) {
    const response = await update(api, id, { state_event: event });
    if (response.statusCode === 200) expect([event, response.json().service.state]).toEqual([event, expected]);
    else expect([event, response.json()]).toEqual([event, { errors: { state_event: [expected] } }]);
  }
});

test("a deprecated service, which no event can change, can be deleted", async ({ api }) => {
  for (const remove of [
    (id: number) => update(api, id, { state_event: "mark_as_deleted" }),
    (id: number) => api.send("DELETE", `/services/${id}.json`),
  ]) {
    const { id } = await create(api);
    await update(api, id, { state_event: "deprecate" });
    expect((await remove(id)).statusCode).toBe(200);
    expect((await api.send("GET", `/services/${id}.json`)).statusCode).toBe(404);
  }
});

test("an invalid state_event is rejected with a sentence in XML, and `state` is ignored", async ({ api }) => {
  const { id } = await create(api);
  const response = await api.send("PUT", `/services/${id}.xml`, { payload: { state_event: "take_offline" } });
  expect([response.statusCode, response.body]).toEqual([
    422,
    `${xmlDeclaration}<errors><error>State event cannot transition when incomplete</error></errors>`,
  ]);
  expect((await update(api, id, { state: "published" })).json().service.state).toBe("incomplete");
});

test("notification settings are parsed from forms and cleared by an empty value", async ({ api }) => {
  const { id } = await create(api);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const sent = "service[notification_settings][web_provider][]=&service[notification_settings][web_provider][]=50";
  const response = await update(api, id, `${sent}&service[notification_settings][unknown][]=1`, form);
  expect(response.json().service.notification_settings).toEqual({ web_provider: [0, 50] });
  expect((await api.send("GET", `/services/${id}.xml`)).body).toContain(
    "</annotations><notification_settings><web_provider>[0, 50]</web_provider></notification_settings><deployment_option>",
  );
  const all = { email_buyer: [1], web_buyer: [2], email_provider: [3], web_provider: [4] };
  expect((await update(api, id, { notification_settings: all })).body).toContain(
    '"notification_settings":{"web_provider":[4],"email_provider":[3],"web_buyer":[2],"email_buyer":[1]}',
  );
  expect((await api.send("GET", `/services/${id}.xml`)).body).toContain(
    "<web_provider>[4]</web_provider><email_provider>[3]</email_provider><web_buyer>[2]</web_buyer><email_buyer>[1]</email_buyer>",
  );
  expect((await update(api, id, { notification_settings: "" })).json().service.notification_settings).toEqual({});
  expect((await update(api, id, { notification_settings: { web_buyer: ["half"] } })).statusCode).toBe(422);
});

test.for([
  [{ deployment_option: "on_the_moon" }, "deployment_option", "is not included in the list"],
  [{ backend_version: "3" }, "backend_version", "is not included in the list"],
  [{ annotations: { owner: "x" } }, "annotations.name", "is not included in the list"],
  [{ name: "" }, "name", "can't be blank"],
] as const)("an invalid value is rejected with its reason: %j", async ([payload, field, expectedText], { api }) => {
  const { id } = await create(api);
  const response = await update(api, id, payload);
  expect([response.statusCode, response.json()]).toEqual([422, { errors: { [field]: [expectedText] } }]);
});

test.for([["a"], ["-tides"], ["tides!"]])("the system name %s is rejected", async ([system_name], { api }) => {
  const response = await api.send("POST", "/services.json", { payload: { name: "Tides", system_name } });
  expect([response.statusCode, Object.keys(response.json().errors)]).toEqual([422, ["system_name"]]);
});

test("the last service cannot be deleted; token, provider key and session get different errors", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  const remove = (format: string, authorization = `Bearer ${api.token}`) =>
    api.send("DELETE", `/services/${service}.${format}`, { headers: { authorization } });
  const [json, xml] = [await remove("json"), await remove("xml")];
  expect([json.statusCode, json.body]).toEqual([403, '{"status":"Forbidden"}']);
  expect([xml.statusCode, xml.body]).toEqual([403, ""]);

  const refusal = { from: "incomplete", event: "mark_as_deleted" };
  const error = 'State cannot transition via "mark as deleted"';
  const byKey = await remove("json", `Bearer ${api.key}`);
  const object = (await api.send("GET", `/services/${service}.json`)).json();
  expect([byKey.statusCode, byKey.json()]).toEqual([422, { error: { ...refusal, error, object } }]);
  const keyXml = await remove("xml", `Bearer ${api.key}`);
  expect(keyXml.body.split("\n").slice(0, 6)).toEqual([
    "<error>",
    "  <from>incomplete</from>",
    "  <event>mark_as_deleted</event>",
    `  <error>${error}</error>`,
    "  <service>",
    `    <id>${service}</id>`,
  ]);
  expect(indentXml(keyXml.body)).toBe(keyXml.body);
  expect(keyXml.body).not.toContain("<description/>"); // null
  const marked = await update(api, service, { name: "Unsaved", state_event: "mark_as_deleted" });
  expect(marked.json()).toEqual({ errors: { state_event: ["cannot transition when incomplete"] } });
  expect((await api.send("GET", `/services/${service}.json`)).json()).toEqual(object);
});

test("only admins can delete a service, by DELETE or by its state event", async ({ api }) => {
  const [one, other] = [await create(api), await create(api, { name: "Other" })];
  const member = await api.addToken({ role: "member", sections: ["partners", "plans"] });
  const headers = { authorization: `Bearer ${member}` };
  expect((await update(api, one.id, { description: "Mine" }, headers)).statusCode).toBe(200);
  expect((await update(api, one.id, { state_event: "mark_as_deleted" }, headers)).statusCode).toBe(403);
  expect((await api.send("DELETE", `/services/${one.id}.json`, { headers })).statusCode).toBe(403);
  expect((await api.send("POST", "/services.json", { payload: { name: "Mine" }, headers })).statusCode).toBe(403);

  expect((await api.send("DELETE", `/services/${one.id}.json`)).statusCode).toBe(200);
  expect((await update(api, other.id, { name: "", state_event: "mark_as_deleted" })).statusCode).toBe(422);
  const marked = await update(api, other.id, { name: "Last words", state_event: "mark_as_deleted" });
  expect(marked.json().service).toMatchObject({ name: "Last words", state: "deleted" });
  for (const { id } of [one, other]) expect((await api.send("GET", `/services/${id}.json`)).statusCode).toBe(404);
});

test("concurrent deletions of the last two services leave one", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  const { id } = await create(api);
  const responses = await Promise.all([service, id].map((each) => api.send("DELETE", `/services/${each}.json`)));
  expect(responses.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 403]);
  expect((await api.send("GET", "/services.json")).json().services).toHaveLength(1);
});
