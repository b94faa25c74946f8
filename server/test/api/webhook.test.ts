import type { InjectOptions } from "fastify";
import { expect } from "vitest";
import { test, type ProviderApi } from "./api-test.ts";

const off = {
  account_created_on: false,
  account_updated_on: false,
  account_deleted_on: false,
  user_created_on: false,
  user_updated_on: false,
  user_deleted_on: false,
  application_created_on: false,
  application_updated_on: false,
  application_deleted_on: false,
  account_plan_changed_on: false,
  application_plan_changed_on: false,
  application_user_key_updated_on: false,
  application_key_created_on: false,
  application_key_deleted_on: false,
  application_suspended_on: false,
  application_key_updated_on: false,
};

const url = "https://hooks.example/3s?secret=1";
const form = { "content-type": "application/x-www-form-urlencoded" };

test("the first PUT creates the webhook with all other switches off", async ({ api }) => {
  const response = await api.send("PUT", "/webhooks.json", { payload: { url, user_created_on: true } });

  expect(response.statusCode).toBe(200);
  expect(response.body).toBe(
    JSON.stringify({ webhook: { url, active: false, provider_actions: false, ...off, user_created_on: true } }),
  );
});

test("a later PUT or PATCH updates only the sent settings", async ({ api }) => {
  await api.send("PUT", "/webhooks.json", { payload: { url, active: true, user_created_on: true } });
  const response = await api.send("PATCH", "/webhooks.json", { payload: { account_created_on: true } });

  expect(response.json().webhook).toMatchObject({ url, active: true, user_created_on: true, account_created_on: true });
});

const multipartOf = async (fields: Readonly<Record<string, string>>) => {
  const body = new FormData();
  for (const [name, text] of Object.entries(fields)) body.append(name, text);
  const written = new Response(body);
  const type = written.headers.get("content-type") ?? "";
  return { payload: Buffer.from(await written.arrayBuffer()), headers: { "content-type": type } };
};

test.for([
  ["a flat form", async () => ({ payload: new URLSearchParams({ url, active: "1" }).toString(), headers: form })],
  [
    "a nested form",
    async () => ({
      payload: new URLSearchParams({ "web_hook[url]": url, "web_hook[active]": "true" }).toString(),
      headers: form,
    }),
  ],
  ["flat JSON", async () => ({ payload: { url, active: true } })],
  ["nested JSON", async () => ({ payload: { web_hook: { url, active: true } } })],
  ["a flat multipart form", async () => multipartOf({ url, active: "1" })],
  ["a nested multipart form", async () => multipartOf({ "web_hook[url]": url, "web_hook[active]": "1" })],
] as const)("the webhook is parsed from %s", async ([, request], { api }) => {
  const response = await api.send("PUT", "/webhooks.json", await request());

  expect(response.json().webhook).toMatchObject({ url, active: true });
});

test.for([
  ["0", false],
  ["false", false],
  ["off", false],
  ["", false],
  ["1", true],
  ["true", true],
  ["on", true],
] as const)("a switch set to %j is parsed as Rails does", async ([text, on], { api }) => {
  const payload = new URLSearchParams({ url, user_created_on: text }).toString();
  const response = await api.send("PUT", "/webhooks.json", { payload, headers: form });

  expect(response.json().webhook.user_created_on).toBe(on);
});

test("unknown parameters are ignored", async ({ api }) => {
  const payload = { url, push_application_content_type: false, all_actors: true, id: 7, name: "mine" };
  const response = await api.send("PUT", "/webhooks.json", { payload });

  expect(Object.keys(response.json().webhook)).toEqual(["url", "active", "provider_actions", ...Object.keys(off)]);
});

test.for(["/webhooks.xml", "/webhooks", "/webhooks.yaml"])(
  "%s gets 406, since the webhook is served in JSON only",
  async (path, { api }) => {
    const response = await api.send("PUT", path, { payload: { url } });

    expect(response.statusCode).toBe(406);
    expect(response.headers["content-type"]).toBe("text/plain; charset=utf-8");
  },
);

test.for<[string, InjectOptions]>([
  ["an empty request", {}],
  ["parameters in the query only", { query: { url } }],
  ["an empty text", { payload: { web_hook: "" } }],
])("%s is rejected as a missing parameter", async ([, request], { api }) => {
  const response = await api.send("PUT", "/webhooks.json", request);

  expect([response.statusCode, response.body]).toEqual([400, "Required parameter missing: web_hook"]);
});

test.for<[string, InjectOptions]>([
  ["an empty form", { payload: "", headers: form }],
  ["unknown names", { payload: { colour: "red" } }],
  ["an empty web_hook", { payload: { web_hook: {} } }],
])("a body with %s changes nothing", async ([, request], { api }) => {
  const before = await api.send("PUT", "/webhooks.json", { payload: { url: "https://hooks.example/", active: true } });
  const after = await api.send("PUT", "/webhooks.json", request);
  expect([after.statusCode, after.body]).toEqual([200, before.body]);
});

test("known parameters without an effect are accepted, even alone", async ({ api }) => {
  const before = await api.send("PUT", "/webhooks.json", { payload: { url: "https://hooks.example/", active: true } });
  const after = await api.send("PUT", "/webhooks.json", { payload: { push_application_content_type: false } });
  expect([after.statusCode, after.body]).toEqual([200, before.body]);
  const plan = (await api.send("POST", "/account_plans.json", { payload: { name: "Gold" } })).json().account_plan;
  const remaining = await api.send("PUT", `/account_plans/${plan.id}.json`, { payload: { system_name: "silver" } });
  expect([remaining.statusCode, remaining.json().account_plan.name]).toEqual([200, "Gold"]);
});

test("a web_hook other than an object is rejected", async ({ api }) => {
  const response = await api.send("PUT", "/webhooks.json", { payload: { web_hook: "yes" } });

  expect([response.statusCode, response.body]).toEqual([422, "Wrong type for parameter: web_hook"]);
});

test.for([
  ["empty", ""],
  ["an invalid URL", "http:://banana"],
  ["a private address", "http://10.0.0.1/hook"],
  ["loopback", "http://[::1]/hook"],
  ["the metadata service", "http://169.254.169.254/latest"],
  ["a zero byte", "http://hooks.example/\0"],
  ["text around a URL", "see http://hooks.example/ please"],
  ["256 characters", `https://hooks.example/${"x".repeat(234)}`],
])("an active webhook's URL cannot be %s", async ([, bad], { api }) => {
  const response = await api.send("PUT", "/webhooks.json", { payload: { url: bad, active: true } });

  expect(response.statusCode).toBe(422);
  expect(Object.keys(response.json())).toEqual(["errors"]);
  expect(Object.keys(response.json().errors)).toEqual(["url"]);
});

const setCapability = ({ pool, provider }: ProviderApi, to: string) =>
  pool.query("update providers set web_hooks = $2 where id = $1", [provider.id, to]);

test("without the webhooks capability neither a token nor the provider key updates the webhook", async ({ api }) => {
  await setCapability(api, "denied");
  const byToken = await api.send("PUT", "/webhooks.json", { payload: { url } });
  const byKey = await api.sendWithoutToken({
    method: "PUT",
    url: "/admin/api/webhooks.json",
    payload: { url, provider_key: api.key },
  });

  expect([byToken.statusCode, byKey.statusCode]).toEqual([403, 403]);
  expect(byToken.body).toBe('{"status":"Forbidden"}');
});

test("the webhooks capability `hidden` allows the provider key to update the webhook", async ({ api }) => {
  await setCapability(api, "hidden");
  const response = await api.sendWithoutToken({
    method: "PUT",
    url: "/admin/api/webhooks.json",
    payload: { url, provider_key: api.key },
  });

  expect(response.statusCode).toBe(200);
});

test("the webhook can be neither read, listed nor deleted", async ({ api }) => {
  for (const method of ["GET", "DELETE", "POST"] as const) {
    expect((await api.send(method, "/webhooks.json")).statusCode).toBe(404);
  }
});
