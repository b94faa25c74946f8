import { expect } from "vitest";
import { updateProviderSettings } from "#portal/provider-account/index.ts";
import { type ProviderApi, test } from "./api-test.ts";

/** Creates another admin with a token, and uses the token once, so that any cache holds it. */
async function addCaller(api: ProviderApi, username: string) {
  const asKey = { headers: { authorization: `Bearer ${api.key}` } };
  const payload = { username, email: `${username}@acme.test`, password: "a long enough password" };
  const { id } = (await api.send("POST", "/users.json", { payload })).json().user;
  await api.send("PUT", `/users/${id}/activate.json`);
  await api.send("PUT", `/users/${id}/admin.json`);
  const token = { name: "t", permission: "rw", scopes: ["account_management"] };
  const created = await api.send("POST", `/users/${id}/access_tokens.json`, { ...asKey, payload: token });
  const headers = { authorization: `Bearer ${created.json().access_token.value}` };
  const status = async (): Promise<number> => (await api.send("GET", "/accounts.xml", { headers })).statusCode;
  expect(await status()).toBe(200);
  return { id, status, headers };
}

test.for([
  ["suspended", "PUT", "/suspend"],
  ["made a member", "PUT", "/member"],
  ["deleted", "DELETE", ""],
] as const)("the next request of a user who was %s is denied", async ([, method, step], { api }) => {
  const grace = await addCaller(api, "grace");
  expect((await api.send(method, `/users/${grace.id}${step}.json`)).statusCode).toBe(200);
  expect(await grace.status()).toBe(403);
});

test("the next request with a deleted token is denied", async ({ api }) => {
  const grace = await addCaller(api, "grace");
  const { headers } = grace;
  const [token] = (await api.send("GET", "/personal/access_tokens.json", { headers })).json().access_tokens;
  const deleted = await api.send("DELETE", `/personal/access_tokens/${token.access_token.id}.json`, { headers });
  expect(deleted.statusCode).toBe(200);
  expect(await grace.status()).toBe(403);
});

test("the next response uses the provider's new time zone", async ({ api, clock }) => {
  const payload = { org_name: "Quay", username: "quay", email: "quay@quay.test", password: "a long enough password" };
  await api.send("POST", "/signup.json", { payload });
  const list = async (): Promise<string> => (await api.send("GET", "/accounts.json")).body;
  expect(await list()).toMatch(/"created_at":"[^"]+Z"/);

  const by = { actor: { kind: "system" }, channel: "system", now: clock.now() } as const;
  await updateProviderSettings(api.pool, { providerId: api.provider.id, change: { timeZone: "Asia/Kolkata" }, by });
  expect(await list()).toMatch(/"created_at":"[^"]+\+05:30"/);
});
