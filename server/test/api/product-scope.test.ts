import { expect } from "vitest";
import { createProviderUser, createSession } from "#access/index.ts";
import { operations } from "#http/account-management-api/index.ts";
import type { Operation } from "#http/account-management-api/operation.ts";
import { memberSections } from "#portal/provider-account/index.ts";
import { type ProviderApi, test } from "./api-test.ts";
import { createPortalObjects, fillIds } from "./portal-objects.ts";

/** Returns true for operations on one service, or on an object of one service. */
const isOfService = ({ path }: Operation): boolean =>
  /^\/(services|service_plans|application_plans|active_docs|accounts\/\{account_id\}\/(applications|application_plans|service_\w+))\/\{/.test(
    path,
  );

const payloadOf = ({ method, wrapper }: Operation): { payload?: object } =>
  method === "GET" ? {} : { payload: wrapper === undefined ? { name: "Mine" } : { [wrapper]: { name: "Mine" } } };

const addService = async (api: ProviderApi, name: string): Promise<number> =>
  Number((await api.send("POST", "/services.json", { payload: { name } })).json().service.id);

type Headers = Readonly<Record<string, string>>;

/** Creates a member with all sections, limited to these services, and returns headers of its token and of its session. */
async function createLimitedMember(
  api: ProviderApi,
  now: Date,
  serviceIds: readonly number[],
  username = "ada",
): Promise<readonly Headers[]> {
  const user = { role: "member", sections: memberSections, serviceIds } as const;
  const token = await api.addToken(user);
  const signedIn = await api.pool.inTransaction(async (tx) => {
    const providerId = api.provider.id;
    const { id } = await createProviderUser(tx, { providerId, username, passwordHash: "none", ...user });
    return createSession(tx, { providerId, audience: "admin", userId: id, now });
  });
  return [
    { authorization: `Bearer ${token}` },
    { cookie: `bellwire_admin=${signedIn.cookieValue}`, "x-csrf-token": signedIn.csrfToken },
  ];
}

test("no operation can access objects of a service outside the member's scope", async ({ api, clock }) => {
  const objects = await createPortalObjects(api);
  const other = await addService(api, "Other");
  const seen = async (): Promise<string> =>
    (await api.send("GET", "/applications.json")).body + (await api.send("GET", "/services.json")).body;
  const before = await seen();
  const concerned = operations.filter(isOfService);
  expect(concerned.length).toBeGreaterThan(20);
  for (const headers of await createLimitedMember(api, clock.now(), [other])) {
    for (const operation of concerned) {
      const { method, path, title } = operation;
      const url = `/admin/api${fillIds(path, objects)}`;
      const request = { headers: { accept: "application/json", ...headers }, ...payloadOf(operation) };
      const status = title === "Service Delete" ? 403 : 404; // no member may delete services
      expect([title, (await api.sendWithoutToken({ method, url, ...request })).statusCode]).toEqual([title, status]);
    }
  }
  expect(await seen()).toBe(before);
});

test("lists and searches omit objects of services outside the member's scope", async ({ api, clock }) => {
  const { account, application, service } = await createPortalObjects(api);
  const other = await addService(api, "Other");
  const [own = {}] = await createLimitedMember(api, clock.now(), [other]);
  const all = { authorization: `Bearer ${api.token}` };
  const ids = async (path: string, headers: Headers): Promise<readonly string[]> =>
    Array.from((await api.send("GET", path, { headers })).body.matchAll(/"id":(\d+)/g), ([, id = ""]) => id);
  for (const path of [
    "/applications.json",
    `/accounts/${account}/applications.json`,
    `/applications/find.json?application_id=${application}`,
    `/accounts/${account}/service_contracts.json`,
    `/accounts/${account}/service_subscriptions.json`,
    `/accounts/${account}/service_plans.json`,
    `/accounts/${account}/application_plans.json`,
    "/application_plans.json",
    `/applications.json?service_id=${service}`,
  ]) {
    expect([path, (await ids(path, all)).length > 0, await ids(path, own)]).toEqual([path, true, []]);
  }
  expect(await ids("/services.json", own)).toEqual([String(other)]);
  expect(await ids("/service_plans.json", own)).toEqual(await ids(`/services/${other}/service_plans.json`, all));
  expect(await ids(`/accounts/${account}.json`, own)).toContain(String(account));
});

test("an account's plans omit those of services outside the member's scope", async ({ api, clock }) => {
  const { account, service } = await createPortalObjects(api);
  const other = await addService(api, "Other");
  const plans = async (method: "GET" | "PUT" | "POST", path: string, headers: Headers, payload?: object) =>
    Array.from(
      (await api.send(method, path, { headers, ...(payload ? { payload } : {}) })).body.matchAll(
        /<type>(\w+)<\/type>/g,
      ),
      ([, type]) => type,
    );
  const details = ["account_plan", "service_plan", "application_plan"];
  const ways = [
    ["GET", `/accounts/${account}.xml`],
    ["GET", "/accounts.xml"],
    ["GET", "/accounts/find.xml?username=quay"],
    ["PUT", `/accounts/${account}.xml`, { org_name: "Quay" }],
  ] as const;
  for (const [productScope, expected] of [
    [[service], details],
    [[other], ["account_plan"]],
  ] as const) {
    const [own = {}] = await createLimitedMember(api, clock.now(), productScope, `ada-${productScope.join("-")}`);
    for (const [method, path, payload] of ways) {
      expect([path, await plans(method, path, own, payload)]).toEqual([path, expected]);
    }
  }
  const [own = {}] = await createLimitedMember(api, clock.now(), [other], "eve");
  const seen = await plans("POST", "/signup.xml", own, { org_name: "Pier", username: "pier" });
  expect(seen).toEqual(["account_plan", "service_plan"]);
  const all = await plans("GET", "/accounts/find.xml?username=pier", { authorization: `Bearer ${api.token}` });
  expect(all).toEqual(["account_plan", "service_plan", "service_plan", "application_plan"]);
});

test("an application is not found by its key if its service is outside the member's scope", async ({ api, clock }) => {
  const { account } = await createPortalObjects(api);
  const [listed] = (await api.send("GET", `/accounts/${account}/applications.json`)).json().applications;
  const [own = {}] = await createLimitedMember(api, clock.now(), [await addService(api, "Other")]);
  for (const path of ["/applications", `/accounts/${account}/applications`]) {
    const url = `${path}/find.json?user_key=${listed.application.user_key}`;
    expect((await api.send("GET", url)).statusCode).toBe(200);
    expect((await api.send("GET", url, { headers: own })).statusCode).toBe(404);
  }
});

test("a plan of a service outside the member's scope is not found, even as one of another service", async ({
  api,
  clock,
}) => {
  const { account, application, service } = await createPortalObjects(api);
  const path = `/services/${await addService(api, "Other")}/application_plans.json`;
  const plan = (await api.send("POST", path, { payload: { name: "Basic" } })).json().application_plan;
  const [own = {}] = await createLimitedMember(api, clock.now(), [service]);
  const options = { payload: { plan_id: plan.id } };
  const url = `/accounts/${account}/applications/${application}/change_plan.json`;
  expect((await api.send("PUT", url, options)).statusCode).toBe(422);
  expect((await api.send("PUT", url, { ...options, headers: own })).statusCode).toBe(404);
});

test("a member limited to services creates applications of these only, and no services", async ({ api, clock }) => {
  const { account, applicationPlan, service } = await createPortalObjects(api);
  const other = await addService(api, "Other");
  const [own = {}] = await createLimitedMember(api, clock.now(), [other]);
  const name = { name: "Mine", description: "x" };
  const created = await api.send("POST", `/services/${other}/application_plans.json`, { headers: own, payload: name });
  expect(created.statusCode).toBe(201);

  const add = async (planId: number): Promise<number> => {
    const payload = { plan_id: planId, ...name };
    return (await api.send("POST", `/accounts/${account}/applications.json`, { headers: own, payload })).statusCode;
  };
  expect(await add(applicationPlan)).toBe(404);
  expect(await add(created.json().application_plan.id)).toBe(201);

  const signUp = { org_name: "Pier", username: "pier", application_plan_id: applicationPlan };
  expect((await api.send("POST", "/signup.json", { headers: own, payload: signUp })).statusCode).toBe(404);
  const service2 = await api.send("POST", "/services.json", { headers: own, payload: { name: "Third" } });
  expect([service2.statusCode, service2.json()]).toEqual([403, { status: "Forbidden" }]);
  expect((await api.send("GET", `/services/${service}.json`, { headers: own })).statusCode).toBe(404);
});

test("a member's services are returned; null and an empty text mean all services", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  await api.addToken({ role: "member", sections: ["partners"] });
  const [member] = await api.pool.query<{ id: number }>(
    "select id from provider_users where provider_id = $1 and role = 'member'",
    [api.provider.id],
  );
  const path = `/users/${member?.id}/permissions`;
  const update = async (payload: object | string): Promise<unknown> => {
    const headers = typeof payload === "string" ? { "content-type": "application/x-www-form-urlencoded" } : {};
    return (await api.send("PUT", `${path}.json`, { payload, headers })).json().permissions.allowed_service_ids;
  };

  expect((await api.send("GET", `${path}.json`)).json().permissions.allowed_service_ids).toBeNull();
  expect((await api.send("GET", `${path}.xml`)).body).not.toContain("allowed_service_ids");
  expect(await update({ allowed_service_ids: [service] })).toEqual([service]);
  expect((await api.send("GET", `${path}.xml`)).body).toContain(
    `  <allowed_service_ids>\n    <allowed_service_id>${service}</allowed_service_id>\n  </allowed_service_ids>\n`,
  );
  expect(await update({ allowed_sections: ["plans"] })).toEqual([service]);
  expect(await update("allowed_service_ids=")).toBeNull();
  expect(await update(`allowed_service_ids[]=${service}`)).toEqual([service]);
  expect(await update({ allowed_service_ids: null })).toBeNull();
  expect(await update({ allowed_service_ids: [] })).toEqual([]);
});

test("an admin is not limited by an earlier scope, and a deleted service leaves the scope", async ({ api }) => {
  const { service } = await createPortalObjects(api);
  const other = await addService(api, "Other");
  const token = await api.addToken({ role: "member", sections: ["partners"], serviceIds: [other] });
  const headers = { authorization: `Bearer ${token}` };
  const status = async (): Promise<number> =>
    (await api.send("GET", `/services/${service}.json`, { headers })).statusCode;
  const [member] = await api.pool.query<{ id: number }>(
    "select id from provider_users where provider_id = $1 and role = 'member'",
    [api.provider.id],
  );

  await api.send("DELETE", `/services/${other}.json`);
  const { permissions } = (await api.send("GET", `/users/${member?.id}/permissions.json`)).json();
  expect(permissions.allowed_service_ids).toEqual([]);
  expect(await status()).toBe(404);
  await api.send("PUT", `/users/${member?.id}/admin.json`);
  expect(await status()).toBe(200);
});
