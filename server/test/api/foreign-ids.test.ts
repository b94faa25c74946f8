import { expect } from "vitest";
import { operations } from "#http/account-management-api/index.ts";
import type { Operation } from "#http/account-management-api/operation.ts";
import { test } from "./api-test.ts";
import { createPortalObjects, fillIds } from "./portal-objects.ts";

const withId = operations.filter(({ path }) => path.includes("{"));

// The body is valid, so only the path can be wrong.
const validPayload = ({ wrapper, rejectsUnknown }: Pick<Operation, "wrapper" | "rejectsUnknown">): object =>
  wrapper === undefined ? {} : { [wrapper]: rejectsUnknown ? { name: "Mine" } : { name: "Mine", label: "Mine" } };

test("no operation can read or change another provider's objects", async ({ api, otherApi }) => {
  const foreign = await createPortalObjects(otherApi);
  const before = (await otherApi.send("GET", `/accounts/${foreign.account}.xml`)).body;
  for (const operation of withId) {
    const { method, path, title } = operation;
    const isOwnOnly = title === "Access Token Create"; // denies other users before it reveals whether they exist
    const response = await api.send(method, fillIds(path, foreign), {
      headers: { accept: "application/json" },
      ...(method === "GET" ? {} : { payload: validPayload(operation) }),
    });
    expect([title, response.statusCode]).toEqual([title, isOwnOnly ? 403 : 404]);
  }

  expect((await otherApi.send("GET", `/accounts/${foreign.account}.xml`)).body).toBe(before);
});

test("no operation finds a user or an application below another account", async ({ api }) => {
  const objects = await createPortalObjects(api);
  const other = { org_name: "Mole Ltd", username: "mole" };
  const account = (await api.send("POST", "/signup.json", { payload: other })).json().account.id;
  const read = async () => (await api.send("GET", `/accounts/${objects.account}.xml`)).body;
  const before = await read();
  const nested = withId.filter(({ path }) => /^\/accounts\/\{account_id\}\/(users|applications)\/\{/.test(path));
  expect(nested.length).toBeGreaterThan(15);
  for (const operation of nested) {
    const { method, path, title } = operation;
    const response = await api.send(method, fillIds(path, { ...objects, account }), {
      headers: { accept: "application/json" },
      ...(method === "GET" ? {} : { payload: validPayload(operation) }),
    });
    expect([title, response.statusCode]).toEqual([title, 404]);
  }
  expect(await read()).toBe(before);
});

test("the provider key cannot access another provider's objects", async ({ api, otherApi }) => {
  const foreign = await createPortalObjects(otherApi);
  const path = `/users/${foreign.providerUser}/access_tokens.json`;
  const payload = { name: "x", permission: "rw", scopes: ["account_management"] };
  const response = await api.sendWithoutToken({
    method: "POST",
    url: `/admin/api${path}?provider_key=${api.key}`,
    payload,
  });

  expect(response.statusCode).toBe(404);
});

test("every operation answers 404 to an id that does not exist", async ({ api }) => {
  await createPortalObjects(api);
  for (const operation of withId) {
    const { method, path, title } = operation;
    const url = path.replaceAll(/\{\w+\}/g, "999999999");
    const response = await api.send(method, url, {
      headers: { accept: "application/json" },
      ...(method === "GET" ? {} : { payload: validPayload(operation) }),
    });
    expect([title, response.statusCode]).toEqual([title, title === "Access Token Create" ? 403 : 404]);
  }
});
