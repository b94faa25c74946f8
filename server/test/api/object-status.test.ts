import { expect } from "vitest";
import { type ProviderApi, test } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

const path = (type: string, id: number | string): string => `/objects/status.json?object_type=${type}&object_id=${id}`;

const statusOf = async (api: ProviderApi, type: string, id: number | string): Promise<readonly [number, string]> => {
  const { statusCode, body } = await api.send("GET", path(type, id));
  return [statusCode, body];
};

const found = [200, ""];
const gone = [404, '{"status":"Not found"}'];
const forbidden = [403, '{"status":"Forbidden"}'];

test("an account and a service have the status 200 until they are deleted, and then 404", async ({ api }) => {
  const { account } = await createPortalObjects(api);
  const created = await api.send("POST", "/services.json", { payload: { name: "Tides" } });
  const objects = [
    ["account", account],
    ["service", created.json().service.id],
  ] as const;
  for (const [type, id] of objects) {
    expect([type, ...(await statusOf(api, type, id))]).toEqual([type, ...found]);
    expect((await api.send("DELETE", `/${type}s/${id}.json`)).statusCode).toBe(200);
    expect([type, ...(await statusOf(api, type, id))]).toEqual([type, ...gone]);
  }
});

test.for(["proxy", "backend_api"])("a %s, which Bellwire does not have, is gone", async (type, { api }) => {
  const { service } = await createPortalObjects(api);
  expect(await statusOf(api, type, service)).toEqual(gone);
});

test("an object of another provider, and one that never was, are gone", async ({ api, otherApi }) => {
  const { account, service } = await createPortalObjects(otherApi);
  for (const [type, id] of [
    ["account", account],
    ["service", service],
    ["service", "abc123"],
    ["account", "4503599627370496"],
  ] as const)
    expect([type, id, ...(await statusOf(api, type, id))]).toEqual([type, id, ...gone]);
});

test.for(["user", "code-injection", "Service", "__proto__"])(
  "nobody sees the status of a %s",
  async (type, { api }) => {
    expect(await statusOf(api, type, 1)).toEqual(forbidden);
  },
);

test("only admins see the status of objects: neither members with all rights, nor the provider key", async ({
  api,
}) => {
  const { service } = await createPortalObjects(api);
  const sections = ["partners", "plans"];
  for (const credential of [await api.addToken({ role: "member", sections }), api.key]) {
    const headers = { authorization: `Bearer ${credential}` };
    const { statusCode, body } = await api.send("GET", path("service", service), { headers });
    expect([statusCode, body]).toEqual(forbidden);
  }
});

test.for([
  ["object_type=service", "object_id"],
  ["object_id=1", "object_type"],
])("a request with only %s is refused with the missing name", async ([query, missing], { api }) => {
  const { statusCode, body } = await api.send("GET", `/objects/status.json?${query}`);
  expect([statusCode, body]).toEqual([400, `Required parameter missing: ${missing}`]);
});

test("the status of objects is served in JSON only", async ({ api }) => {
  expect((await api.send("GET", "/objects/status.xml?object_type=service&object_id=1")).statusCode).toBe(406);
});
