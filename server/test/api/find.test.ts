import { expect } from "vitest";
import { test } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

test("an account is found by username, else user_id, else email; a wrong value has no fallback", async ({ api }) => {
  const payload = { org_name: "Quay", username: "mira", email: "mira@quay.example" };
  const { account } = (await api.send("POST", "/signup.json", { payload })).json();
  const [user] = (await api.send("GET", `/accounts/${account.id}/users.json`)).json().users;
  const find = async (query: string): Promise<unknown> => {
    const response = await api.send("GET", `/accounts/find.json?${query}`);
    return response.statusCode === 200 ? response.json().account.id : response.statusCode;
  };

  expect(await find("username=mira")).toBe(account.id);
  expect(await find(`user_id=${user.user.id}`)).toBe(account.id);
  expect(await find("email=mira@quay.example")).toBe(account.id);
  expect(await find("username=mira&user_id=0&email=nobody@quay.example")).toBe(account.id);
  expect(await find("username=nobody&email=mira@quay.example")).toBe(404);
  expect(await find("user_id=0&email=mira@quay.example")).toBe(404);
  expect(await find("")).toBe(404);
});

test("another provider's account is not found by any parameter", async ({ api, otherApi }) => {
  const payload = { org_name: "Quay", username: "mira", email: "mira@quay.example" };
  const { account } = (await otherApi.send("POST", "/signup.json", { payload })).json();
  const [user] = (await otherApi.send("GET", `/accounts/${account.id}/users.json`)).json().users;
  for (const query of ["username=mira", `user_id=${user.user.id}`, "email=mira@quay.example"]) {
    expect([query, (await api.send("GET", `/accounts/find.json?${query}`)).statusCode]).toEqual([query, 404]);
  }
});

test("Account Find uses the parameter of highest precedence, even if it is empty", async ({ api }) => {
  await createPortalObjects(api);
  for (const [query, status] of [
    ["username=", 404],
    ["username=&email=quay@quay.test", 404],
    ["user_id=", 404],
    ["user_id=&username=quay", 200],
    ["email=", 404],
    ["", 404],
    ["username=quay&email=", 200],
  ] as const) {
    expect([query, (await api.send("GET", `/accounts/find.json?${query}`)).statusCode]).toEqual([query, status]);
  }
});

test("an empty key finds no application and does not fall back to the id", async ({ api }) => {
  const { account, application } = await createPortalObjects(api);
  for (const query of [`user_key=&application_id=${application}`, `app_id=&application_id=${application}`]) {
    expect((await api.send("GET", `/applications/find.json?${query}`)).statusCode).toBe(404);
  }
  expect((await api.send("GET", `/applications/find.json?application_id=${application}`)).statusCode).toBe(200);
  expect((await api.send("GET", `/accounts/${account}/applications/find.json?user_key=`)).statusCode).toBe(404);
});

test("an account's application is found by either credential, unlike one of all accounts", async ({ api }) => {
  const { account } = await createPortalObjects(api);
  const service = { name: "Tides", backend_version: "2" };
  const { id } = (await api.send("POST", "/services.json", { payload: service })).json().service;
  const plan = await api.send("POST", `/services/${id}/application_plans.json`, { payload: { name: "Basic" } });
  const payload = { plan_id: plan.json().application_plan.id, application_id: "tide-id" };
  const { application } = (await api.send("POST", `/accounts/${account}/applications.json`, { payload })).json();
  for (const query of ["user_key=tide-id&app_id=tide-id", "user_key=&app_id=tide-id"]) {
    const found = await api.send("GET", `/accounts/${account}/applications/find.json?${query}`);
    expect([query, found.json().application?.id]).toEqual([query, application.id]);
    expect((await api.send("GET", `/applications/find.json?${query}`)).statusCode).toBe(404);
  }
});
