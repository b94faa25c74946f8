import { expect } from "vitest";
import { test, type ProviderApi } from "./api-test.ts";

const personal = "/personal/access_tokens.json";
const newToken = { name: "crm", permission: "rw", scopes: ["account_management"] };

const idOfAdmin = async (api: ProviderApi): Promise<number> =>
  Number(/"id":(\d+)/.exec((await api.send("GET", "/users.json")).body)?.[1]);

test("a token's value is returned once, works immediately, and is never listed", async ({ api }) => {
  const created = await api.send("POST", personal, { payload: newToken });
  const { id, value } = created.json().access_token;
  const headers = { authorization: `Bearer ${value}` };

  expect(value).toMatch(/^[0-9a-f]{96}$/);
  expect((await api.send("GET", "/accounts.xml", { headers })).statusCode).toBe(200);
  for (const path of [personal, `/personal/access_tokens/${id}.json`, `/personal/access_tokens/${value}.json`]) {
    const read = await api.send("GET", path);
    expect([read.statusCode, read.body.includes('"name":"crm"'), read.body.includes(value)]).toEqual([
      200,
      true,
      false,
    ]);
  }
});

test("a deleted token is denied, and the user's other tokens are valid", async ({ api }) => {
  const { value } = (await api.send("POST", personal, { payload: newToken })).json().access_token;
  const headers = { authorization: `Bearer ${value}` };

  expect((await api.send("DELETE", `/personal/access_tokens/${value}.json`)).statusCode).toBe(200);
  expect((await api.send("GET", "/accounts.xml", { headers })).statusCode).toBe(403);
  expect((await api.send("GET", "/accounts.xml")).statusCode).toBe(200);
});

test("access tokens are served in JSON only", async ({ api }) => {
  expect((await api.send("GET", "/personal/access_tokens.xml")).statusCode).toBe(406);
});

test.for(["2099-01-01", "2099-01-01T00:00:00", "2099-02-30T00:00:00Z", "2001-01-01T00:00:00Z", "tomorrow"])(
  "an expiry of %s is rejected",
  async (expires_at, { api }) => {
    const response = await api.send("POST", personal, { payload: { ...newToken, expires_at } });

    expect([response.statusCode, Object.keys(response.json().errors)]).toEqual([422, ["expires_at"]]);
  },
);

test.for([
  [{ name: " " }, { name: ["can't be blank"] }],
  [{ permission: "rwx" }, { permission: ["is not included in the list"] }],
  [{ scopes: ["everything"] }, { scopes: ["invalid"] }],
  [{ scopes: [] }, { scopes: ["select at least one scope"] }],
] as const)("a token with %j is rejected in 3scale's words", async ([wrong, errors], { api }) => {
  const response = await api.send("POST", personal, { payload: { ...newToken, ...wrong } });

  expect([response.statusCode, response.json()]).toEqual([422, { errors }]);
});

test("a token's name that is too long is rejected with the maximum", async ({ api }) => {
  const response = await api.send("POST", personal, { payload: { ...newToken, name: "n".repeat(256) } });

  expect(response.json()).toEqual({ errors: { name: ["is too long (maximum is 255 characters)"] } });
});

test("users create tokens for themselves; the provider key creates them for any user and owns none", async ({
  api,
}) => {
  const admin = await idOfAdmin(api);
  const other = { authorization: `Bearer ${await api.addToken({})}` };
  const byKey = { authorization: `Bearer ${api.key}` };
  const path = `/users/${admin}/access_tokens.json`;

  expect((await api.send("POST", path, { payload: newToken })).statusCode).toBe(201);
  expect((await api.send("POST", path, { payload: newToken, headers: other })).statusCode).toBe(403);
  expect((await api.send("POST", path, { payload: newToken, headers: byKey })).statusCode).toBe(201);
  expect((await api.send("GET", personal, { headers: byKey })).statusCode).toBe(403);
});

test("callers can neither read nor delete another user's tokens", async ({ api }) => {
  const { id, value } = (await api.send("POST", personal, { payload: newToken })).json().access_token;
  const headers = { authorization: `Bearer ${await api.addToken({})}` };
  for (const name of [id, value]) {
    expect((await api.send("GET", `/personal/access_tokens/${name}.json`, { headers })).statusCode).toBe(404);
    expect((await api.send("DELETE", `/personal/access_tokens/${name}.json`, { headers })).statusCode).toBe(404);
  }
});

test("a token cannot create a token with more rights than its own", async ({ api, clock }) => {
  const inDays = (days: number): Date => new Date(clock.now().getTime() + days * 86_400_000);
  const headers = { authorization: `Bearer ${await api.addToken({ expiresAt: inDays(1) })}` };
  const expires_at = inDays(1).toISOString();
  const create = async (more: object): Promise<readonly unknown[]> => {
    const response = await api.send("POST", personal, { headers, payload: { ...newToken, expires_at, ...more } });
    return [response.statusCode, Object.keys(response.json().errors ?? {})];
  };

  expect(await create({})).toEqual([201, []]);
  expect(await create({ permission: "ro", expires_at: inDays(0.5).toISOString() })).toEqual([201, []]);
  expect(await create({ scopes: ["account_management", "finance"] })).toEqual([422, ["scopes"]]);
  expect(await create({ expires_at: inDays(1.5).toISOString() })).toEqual([422, ["expires_at"]]);
  expect(await create({ expires_at: "" })).toEqual([422, ["expires_at"]]);

  const readOnly = { authorization: `Bearer ${await api.addToken({ permission: "ro" })}` };
  expect((await api.send("POST", personal, { headers: readOnly, payload: newToken })).statusCode).toBe(403);
});
