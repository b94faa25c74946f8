import { expect } from "vitest";
import { test } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

const form = { "content-type": "application/x-www-form-urlencoded" };

test("a GET reads parameters and its token from a JSON or form body, too", async ({ api }) => {
  const { account } = await createPortalObjects(api);
  const find = (payload: object | string, headers = {}) => api.send("GET", "/accounts/find.json", { payload, headers });
  expect((await find({ username: "quay" })).json().account.id).toBe(account);
  expect((await find("username=quay", form)).json().account.id).toBe(account);
  expect((await find({ username: "nobody" })).statusCode).toBe(404);

  const payload = { access_token: api.token, username: "quay" };
  const byBody = await api.sendWithoutToken({ method: "GET", url: "/admin/api/accounts/find.json", payload });
  expect([byBody.statusCode, byBody.json().account.id]).toEqual([200, account]);
  expect((await find("{", { "content-type": "application/json" })).statusCode).toBe(400);
  expect((await find("<find/>", { "content-type": "application/xml" })).statusCode).toBe(404);
});

test("a query parameter overrides the body's parameter of the same name", async ({ api }) => {
  const { account } = await createPortalObjects(api);
  const response = await api.send("PUT", `/accounts/${account}.json?org_name=Query`, { payload: { org_name: "Body" } });
  expect(response.json().account.org_name).toBe("Query");
});

test("a wrapper in the query is read; flat parameters in the query are not", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  const wrapped = await api.send("PUT", `/services/${service}.json?service[name]=Wrapped`, {
    payload: { name: "Flat" },
  });
  expect([wrapped.statusCode, wrapped.json().service.name]).toEqual([200, "Wrapped"]);
  expect((await api.send("PUT", `/services/${service}.json?name=Flat`)).statusCode).toBe(400);
  const beside = { service: { description: "Inside" }, name: "Beside" };
  const response = await api.send("PUT", `/services/${service}.json`, { payload: beside });
  expect(response.json().service).toMatchObject({ description: "Inside", name: "Wrapped" });
});

test("a POST overrides its method by a form field or a header", async ({ api }) => {
  const { account, service } = await createPortalObjects(api);
  const path = `/accounts/${account}.json`;
  const update = await api.send("POST", path, { payload: "_method=put&org_name=Pier", headers: form });
  expect([update.statusCode, update.json().account.org_name]).toEqual([200, "Pier"]);
  const headers = { "x-http-method-override": "PATCH" };
  const patch = await api.send("POST", path, { payload: { org_name: "Dock" }, headers });
  expect([patch.statusCode, patch.json().account.org_name]).toEqual([200, "Dock"]);
  const action = await api.send("POST", `/accounts/${account}/approve.xml`, { payload: "_method=PUT", headers: form });
  expect(action.statusCode).toBe(200);

  const inJson = await api.send("POST", path, { payload: { _method: "delete" } });
  expect([inJson.statusCode, inJson.body]).toEqual([404, '{"status":"Not found"}']);
  const notNameable = await api.send("POST", path, { payload: "_method=get", headers: form });
  expect(notNameable.statusCode).toBe(404);
  const created = await api.send("POST", "/services.json", { payload: "_method=post&name=Tides", headers: form });
  expect(created.statusCode).toBe(201);
  expect((await api.send("GET", `/services/${service}.json`)).statusCode).toBe(200);
  const missing = await api.send("POST", path, { payload: "_method=delete", headers: form });
  expect([missing.statusCode, missing.body]).toEqual([200, ""]);
  expect((await api.send("GET", path)).statusCode).toBe(404);
});

test("an overridden method needs that method's permission", async ({ api }) => {
  const { account } = await createPortalObjects(api);
  const headers = {
    authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"] })}`,
    ...form,
  };
  const response = await api.send("POST", `/accounts/${account}.json`, { payload: "_method=delete", headers });
  expect([response.statusCode, response.body]).toEqual([403, '{"status":"Forbidden"}']);
});
