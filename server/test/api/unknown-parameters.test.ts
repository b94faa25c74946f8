import { expect } from "vitest";
import { operations } from "../../src/http/account-management-api/index.ts";
import { test, xmlDeclaration } from "./api-test.ts";

const strict = operations.filter(({ rejectsUnknown }) => rejectsUnknown);

test("unknown parameters are rejected only where ignoring one would widen the effect", () => {
  expect(strict.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "DELETE /webhooks/failures",
    "POST /users/{user_id}/access_tokens",
    "POST /personal/access_tokens",
  ]);
});

test.for(strict.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  "an unknown parameter is rejected in query, body and wrapper: %s",
  async ([, { method, path, wrapper = "token" }], { api }) => {
    const [{ id: userId } = { id: 0 }] = await api.pool.query<{ id: number }>(
      "select id from provider_users where provider_id = $1",
      [api.provider.id],
    );
    const url = `${path.replace("{user_id}", String(userId))}.json`;
    const good = { name: "crm", permission: "ro", scopes: ["account_management"] };
    const misspelled = { expire_at: "2030-01-01T00:00:00Z" };
    const isPost = method === "POST";
    const requests = [
      { query: { tiem: "2026-03-01T09:07:16Z" }, ...(isPost ? { payload: good } : {}) },
      { payload: { ...(isPost ? good : {}), ...misspelled } },
      ...(isPost ? [{ payload: { [wrapper]: { ...good, ...misspelled } } }] : []),
    ];
    for (const request of requests) {
      const response = await api.send(method, url, request);
      expect([request, response.statusCode, response.json()]).toEqual([
        request,
        400,
        { error: expect.stringMatching(/^Unknown parameters: (tiem|expire_at)\.$/) },
      ]);
    }
  },
);

test("a misspelled `time` is rejected; `time` with credentials and a format is accepted", async ({ api }) => {
  const refused = await api.send("DELETE", "/webhooks/failures.xml", { query: { tiem: "2026-03-01T09:07:16Z" } });
  expect(refused.statusCode).toBe(400);
  expect(refused.body).toBe(`${xmlDeclaration}<error>Unknown parameters: tiem.</error>`);

  const query = { time: "2026-03-01T09:07:16Z", access_token: api.token, format: "json" };
  expect(
    (await api.sendWithoutToken({ method: "DELETE", url: "/admin/api/webhooks/failures", query })).statusCode,
  ).toBe(200);
});

test("the ids of the path may be repeated as parameters", async ({ api }) => {
  const [user] = (await api.send("GET", "/users.json")).json().users;
  const payload = { user_id: user.user.id, name: "crm", permission: "ro", scopes: ["account_management"] };
  const created = await api.send("POST", `/users/${user.user.id}/access_tokens.json`, { payload });
  expect(created.statusCode).toBe(201);
});

test("bodies with a value other than an object are rejected", async ({ api }) => {
  for (const payload of ["[]", '"all"', "0", "false"]) {
    const headers = { "content-type": "application/json" };
    const response = await api.send("DELETE", "/webhooks/failures.json", { payload, headers });
    expect([payload, response.statusCode]).toEqual([payload, 400]);
  }
});
