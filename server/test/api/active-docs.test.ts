import { expect } from "vitest";
import { textLimits } from "#platform/limits.ts";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

const openApi = (more = {}) =>
  JSON.stringify({ openapi: "3.0.3", info: { title: "Tides", version: "1" }, paths: {}, ...more });

const old = '{"apis":[]}';

async function add(api: ProviderApi, payload: object): Promise<number> {
  const response = await api.send("POST", "/active_docs.json", { payload: { name: "Tides", body: old, ...payload } });
  expect([response.statusCode, response.body]).toEqual([201, expect.anything()]);
  return response.json().api_doc.id;
}

const listed = async (api: ProviderApi, more = {}): Promise<readonly number[]> =>
  (await api.send("GET", "/active_docs.json", more))
    .json()
    .api_docs.map(({ api_doc }: { api_doc: { id: number } }) => api_doc.id);

test("a specification has the elements and properties of 3scale's, and its body as it was sent", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  const body = `\n${openApi({ "x-note": "<quay> & é" })}\n`;
  const payload = { name: "Tides & Winds", description: "By the sea", service_id: service, published: "1", body };
  const created = await api.send("POST", "/active_docs.json", { payload });
  const { id, created_at, updated_at } = created.json().api_doc;
  expect(Object.entries(created.json().api_doc)).toEqual(
    Object.entries({
      id,
      system_name: "tides_winds",
      name: "Tides & Winds",
      description: "By the sea",
      published: true,
      skip_swagger_validations: false,
      body,
      service_id: service,
      created_at,
      updated_at,
    }),
  );
  expect([created.statusCode, created.headers.location]).toEqual([
    201,
    `https://${api.host}/admin/api/active_docs/${id}`,
  ]);
  const spaced = (at: string) => at.replace("T", " ").replace("Z", " UTC");
  expect((await api.send("GET", `/active_docs/${id}.xml`)).body).toBe(
    `${xmlDeclaration}<api_doc><id>${id}</id><system_name>tides_winds</system_name><name>Tides &amp; Winds</name>` +
      `<description>By the sea</description><published>true</published>` +
      `<body>${body.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</body>` +
      `<created_at>${spaced(created_at)}</created_at><updated_at>${spaced(updated_at)}</updated_at></api_doc>`,
  );
});

test("a specification without a product and a description has neither in JSON, and is hidden", async ({ api }) => {
  const response = await api.send("POST", "/active_docs.json", { payload: { name: "Tides", body: old } });
  const { api_doc: created } = response.json();
  expect(Object.keys(created)).not.toEqual(expect.arrayContaining(["service_id"]));
  expect(Object.keys(created)).not.toEqual(expect.arrayContaining(["description"]));
  expect([created.published, created.skip_swagger_validations]).toEqual([false, false]);
});

const taken = '{"errors":{"system_name":["has already been taken"]}}';
const tooLong = "x".repeat(256);

test.for([
  ["POST", {}, 400, "Required parameter missing: api_docs_service"],
  ["POST", { api_docs_service: "x" }, 422, "Wrong type for parameter: api_docs_service"],
  ["POST", { description: "x" }, 422, '{"errors":{"name":["can\'t be blank"],"body":["can\'t be blank"]}}'],
  ["POST", { name: tooLong, body: old }, 422, '{"errors":{"name":["is too long (maximum is 255 characters)"]}}'],
  ["POST", { name: "Quay API", body: old }, 422, taken],
  ["POST", { name: "x", body: old, system_name: "quay_api" }, 422, taken],
  ["POST", { name: "x", body: old, system_name: "?" }, 422, '{"errors":{"system_name":["invalid"]}}'],
  ["POST", { name: "x", body: old, service_id: 1 }, 422, '{"error":"Service not found"}'],
  ["POST", { name: "x", body: old, service_id: "none" }, 422, '{"error":"Service not found"}'],
  ["PUT", { service_id: 1 }, 422, '{"error":"Service not found"}'],
  ["PUT", { body: "NOT VALID JSON" }, 422, '{"errors":{"body":["Invalid JSON"]}}'],
  ["PUT", { body: "{", skip_swagger_validations: true }, 422, '{"errors":{"body":["Invalid JSON"]}}'],
  ["PUT", { body: "{}" }, 422, '{"errors":{"body":["JSON Spec is invalid"]}}'],
  ["PUT", { body: null }, 422, '{"errors":{"body":["can\'t be blank"]}}'],
  ["PUT", { name: "" }, 422, '{"errors":{"name":["can\'t be blank"]}}'],
  [
    "PUT",
    { body: '{"openapi":"3.0.3","info":{"title":"Tides"},"paths":{}}' },
    422,
    `{"errors":{"body":["JSON Spec is invalid","/info must have required property 'version'"]}}`,
  ],
] as const)("%s of a specification with %j answers %i", async ([method, payload, status, body], { api }) => {
  const { specification } = await createPortalObjects(api);
  const path = `/active_docs${method === "PUT" ? `/${specification}` : ""}.json`;
  const response = await api.send(method, path, { payload });
  expect([response.statusCode, response.body]).toEqual([status, body]);
});

test("errors of a body and of a service are worded in XML as in 3scale", async ({ api }) => {
  const post = async (payload: object) => (await api.send("POST", "/active_docs.xml", { payload })).body;
  expect([await post({ name: "x", body: "no" }), await post({ name: "x", body: old, service_id: 1 })]).toEqual([
    `${xmlDeclaration}<errors><error>Body Invalid JSON</error></errors>`,
    `${xmlDeclaration}<error>Service not found</error>`,
  ]);
});

test("any JSON is accepted without validation, and validated once that is asked for again", async ({ api }) => {
  const id = await add(api, { body: "{}", skip_swagger_validations: true });
  const put = (payload: object) => api.send("PUT", `/active_docs/${id}.json`, { payload });
  expect((await put({ name: "Renamed" })).statusCode).toBe(200);
  expect((await put({ skip_swagger_validations: false })).json()).toEqual({
    errors: { body: ["JSON Spec is invalid"] },
  });
  const both = await put({ skip_swagger_validations: false, body: openApi() });
  expect(both.json().api_doc).toMatchObject({ name: "Renamed", skip_swagger_validations: false, body: openApi() });
});

test("a specification moves to another product and to none, and keeps its system name", async ({ api }) => {
  const { service, specification: id } = await createPortalObjects(api);
  const put = async (payload: object) => (await api.send("PUT", `/active_docs/${id}.json`, { payload })).json().api_doc;
  expect(await put({ service_id: "", system_name: "other" })).not.toHaveProperty("service_id");
  expect(await put({ service_id: service })).toMatchObject({ service_id: service, system_name: "quay_api" });
});

test("a product takes its specifications along", async ({ api }) => {
  const { json } = await api.send("POST", "/services.json", { payload: { name: "Ferries" } });
  const service_id = json().service.id;
  const [kept] = [await add(api, { name: "Kept" }), await add(api, { name: "Gone", service_id })];
  await api.send("DELETE", `/services/${service_id}.json`);
  expect(await listed(api)).toEqual([kept]);
});

test("a member sees the specifications of its products and of none", async ({ api }) => {
  const { service, specification } = await createPortalObjects(api);
  const { json } = await api.send("POST", "/services.json", { payload: { name: "Ferries" } });
  const other = json().service.id;
  const [own, ofNone] = [await add(api, { name: "Own", service_id: other }), await add(api, { name: "None" })];
  const token = await api.addToken({ role: "member", sections: ["partners", "plans"], serviceIds: [other] });
  const headers = { authorization: `Bearer ${token}` };
  expect(await listed(api, { headers })).toEqual([own, ofNone]);
  const put = async (id: number, payload: object) => {
    const response = await api.send("PUT", `/active_docs/${id}.json`, { headers, payload });
    return [response.statusCode, response.statusCode === 200 ? "" : response.body];
  };
  expect([await put(own, { service_id: service }), await put(ofNone, { name: "Renamed" })]).toEqual([
    [422, '{"error":"Service not found"}'],
    [200, ""],
  ]);
  for (const method of ["GET", "PUT", "DELETE"] as const)
    expect(
      (await api.send(method, `/active_docs/${specification}.json`, { headers, payload: { name: "x" } })).statusCode,
    ).toBe(404);
});

test("the largest body is accepted in JSON and as a form, and is listed whole", async ({ api }) => {
  const { max } = textLimits.specification;
  const body = old.padEnd(max - 1, "\n") + "\n";
  const form = new URLSearchParams({ name: "Form", body }).toString();
  const type = { "content-type": "application/x-www-form-urlencoded" };
  await add(api, { body });
  const created = await api.send("POST", "/active_docs.json", { payload: form, headers: type });
  expect([created.statusCode, created.json().api_doc?.body.length]).toEqual([201, max]);
  for (const extension of ["json", "xml"]) {
    const { statusCode, body: all } = await api.send("GET", `/active_docs.${extension}`);
    expect([statusCode, all.length > 2 * max]).toEqual([200, true]);
  }
  const longer = await api.send("POST", "/active_docs.json", { payload: { name: "x", body: `${body} ` } });
  expect(longer.json()).toEqual({ errors: { body: [`is too long (maximum is ${max} bytes)`] } });
});

test("a body is accepted as an uploaded file", async ({ api }) => {
  const form = new FormData();
  form.append("name", "Uploaded");
  form.append("body", new File([openApi()], "tides.json", { type: "application/json" }));
  const request = new Response(form);
  const payload = Buffer.from(await request.arrayBuffer());
  const headers = { "content-type": request.headers.get("content-type") ?? "" };
  const created = await api.send("POST", "/active_docs.json", { payload, headers });
  expect([created.statusCode, created.json().api_doc?.body]).toEqual([201, openApi()]);
});
