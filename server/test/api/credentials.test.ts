import { Readable } from "node:stream";
import type { InjectOptions } from "fastify";
import { expect } from "vitest";
import { baseDomain, test, xmlDeclaration, type ProviderApi } from "./api-test.ts";

const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

const deniedXml = `${xmlDeclaration}<error>Access denied</error>`;

const ways: readonly [string, (api: ProviderApi) => InjectOptions][] = [
  ["a token in the query", ({ token }) => ({ query: { access_token: token } })],
  ["a key in the query", ({ key }) => ({ query: { provider_key: key } })],
  ["a token as Basic user", ({ token }) => ({ headers: basic(token, "") })],
  ["a token as Basic password", ({ token }) => ({ headers: basic("", token) })],
  ["a token as Basic password of any user", ({ token }) => ({ headers: basic("somebody", token) })],
  ["a key as Basic user", ({ key }) => ({ headers: basic(key, "") })],
  ["a key as Basic password", ({ key }) => ({ headers: basic("", key) })],
  ["a token as Bearer", ({ token }) => ({ headers: { authorization: `Bearer ${token}` } })],
  ["a key as Bearer", ({ key }) => ({ headers: { authorization: `bearer ${key}` } })],
];

test.for(ways)("%s is accepted as credentials", async ([, credentials], { api }) => {
  const response = await api.sendWithoutToken({ url: "/admin/api/webhooks/failures.xml", ...credentials(api) });

  expect(response.statusCode).toBe(200);
});

const bodies: readonly [string, (api: ProviderApi) => InjectOptions][] = [
  ["a token in a form", ({ token }) => form(`access_token=${token}&org_name=Quay`)],
  ["a key in a form", ({ key }) => form(`provider_key=${key}&org_name=Quay`)],
  ["a token in JSON", ({ token }) => ({ payload: { access_token: token, org_name: "Quay" } })],
  ["a key in JSON", ({ key }) => ({ payload: { provider_key: key, org_name: "Quay" } })],
];
const form = (payload: string): InjectOptions => ({
  payload,
  headers: { "content-type": "application/x-www-form-urlencoded" },
});

test.for(bodies)("%s is accepted as credentials", async ([, credentials], { api }) => {
  const response = await api.sendWithoutToken({ method: "PUT", url: "/admin/api/accounts/1.xml", ...credentials(api) });

  expect(response.statusCode).toBe(404);
});

const wrong: readonly [string, (api: ProviderApi) => InjectOptions][] = [
  ["a request without credentials", () => ({})],
  ["an unknown token", () => ({ query: { access_token: "0".repeat(96) } })],
  ["a key in the parameter of a token", ({ key }) => ({ query: { access_token: key } })],
  ["a token in the parameter of a key", ({ token }) => ({ query: { provider_key: token } })],
  ["an empty token", () => ({ query: { access_token: "" } })],
  ["Basic that is not base64", () => ({ headers: { authorization: "Basic ???" } })],
  ["empty Basic credentials", () => ({ headers: basic("", "") })],
  ["an unknown scheme", ({ token }) => ({ headers: { authorization: `Token ${token}` } })],
];

test.for(wrong)("%s is denied in the requested format", async ([, credentials], { api }) => {
  const xml = await api.sendWithoutToken({ url: "/admin/api/accounts/1.xml", ...credentials(api) });
  const json = await api.sendWithoutToken({ url: "/admin/api/accounts/1.json", ...credentials(api) });

  expect([xml.statusCode, xml.body]).toEqual([403, deniedXml]);
  expect(xml.headers["content-type"]).toBe("application/xml; charset=utf-8");
  expect([json.statusCode, json.body]).toEqual([403, '{"error":"Access denied"}']);
  expect(json.headers["content-type"]).toBe("application/json; charset=utf-8");
});

test("an expired token is denied", async ({ api, clock }) => {
  const token = await api.addToken({ expiresAt: new Date(clock.now().getTime() + 1000) });
  const send = () => api.sendWithoutToken({ url: `/admin/api/webhooks/failures.xml?access_token=${token}` });

  expect((await send()).statusCode).toBe(200);
  await clock.advance(1001);
  expect((await send()).body).toBe(deniedXml);
});

test("another provider's token and key are denied", async ({ api, otherApi }) => {
  for (const credentials of [`access_token=${otherApi.token}`, `provider_key=${otherApi.key}`]) {
    const response = await api.sendWithoutToken({ url: `/admin/api/webhooks/failures.xml?${credentials}` });
    expect([response.statusCode, response.body]).toEqual([403, deniedXml]);
  }
});

test("the Developer Portal's host and an unknown host are denied", async ({ api }) => {
  const { subdomain } = api.provider;
  for (const host of [`${subdomain}.${baseDomain}`, `nobody-admin.${baseDomain}`, "elsewhere.test"]) {
    const response = await api.send("GET", "/webhooks/failures.xml", { headers: { host } });
    expect([host, response.statusCode, response.body]).toEqual([host, 403, deniedXml]);
  }
});

test("X-Forwarded-Host is ignored without a trusted proxy", async ({ api, otherApi }) => {
  const response = await api.send("GET", "/webhooks/failures.xml", { headers: { "x-forwarded-host": otherApi.host } });

  expect(response.statusCode).toBe(200);
});

const permissionDenied = `${xmlDeclaration}<error>Your access token does not have the correct permissions</error>`;

test("a read-only token can read, and every change is denied", async ({ api }) => {
  const headers = { authorization: `Bearer ${await api.addToken({ permission: "ro" })}` };

  expect((await api.send("GET", "/webhooks/failures.xml", { headers })).statusCode).toBe(200);
  for (const [method, path] of [
    ["POST", "/signup.xml"],
    ["PUT", "/accounts/1.xml"],
    ["DELETE", "/webhooks/failures.xml"],
  ] as const) {
    const response = await api.send(method, path, { headers });
    expect([path, response.statusCode, response.body]).toEqual([path, 403, permissionDenied]);
  }
});

test("a token without the scope is denied with the reason", async ({ api }) => {
  const headers = { authorization: `Bearer ${await api.addToken({ scopes: ["stats"] })}` };

  expect((await api.send("GET", "/accounts/1.xml", { headers })).body).toBe(permissionDenied);
});

test("a suspended provider's API answers 403 with an empty body", async ({ api }) => {
  await api.pool.query("update providers set state = 'suspended' where id = $1", [api.provider.id]);
  const response = await api.send("GET", "/webhooks/failures.xml");

  expect([response.statusCode, response.body]).toEqual([403, ""]);
});

test("concurrent guesses of credentials do not exceed the limit, and a valid short token passes in many requests at once", async ({
  api,
}) => {
  const short = "update access_tokens set digest = sha256($2::text::bytea) where provider_id = $1";
  await api.pool.query(short, [api.provider.id, "brief"]);
  const send = async (token: string): Promise<number> =>
    (await api.sendWithoutToken({ url: `/admin/api/webhooks/failures.xml?access_token=${token}` })).statusCode;
  expect(await Promise.all(Array.from({ length: 100 }, () => send("brief")))).toEqual(Array(100).fill(200));

  const statuses = await Promise.all(Array.from({ length: 100 }, (_, place) => send(`guess${place}`)));

  expect(statuses.filter((status) => status === 403)).toHaveLength(29);
  expect(statuses.filter((status) => status === 429)).toHaveLength(71);
  expect(await send("brief")).toBe(200);
});

test("guessing credentials is rate limited per network, and valid tokens are not affected", async ({
  api,
  otherApi,
  clock,
}) => {
  const guess = () => api.sendWithoutToken({ url: "/admin/api/webhooks/failures.xml?access_token=guess" });
  for (let i = 0; i < 30; i += 1) expect((await guess()).statusCode).toBe(403);

  const refused = await guess();
  expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([429, "60"]);
  expect((await otherApi.send("GET", "/webhooks/failures.xml")).statusCode).toBe(200);
  expect((await api.send("GET", "/webhooks/failures.xml")).statusCode, "a valid token is not rate limited").toBe(200);
  const short = "update access_tokens set digest = sha256('short') where provider_id = $1";
  await api.pool.query(short, [api.provider.id]);
  const lucky = await api.sendWithoutToken({ url: "/admin/api/webhooks/failures.xml?access_token=short" });
  expect(lucky.statusCode, "a correct guess of a short token is rate limited, too").toBe(429);
  const long = await api.sendWithoutToken({ url: `/admin/api/accounts.xml?access_token=${"0".repeat(96)}` });
  expect(long.statusCode, "so is a wrong one of a token's length").toBe(429);
  await clock.advance(60_000);
  expect((await guess()).statusCode).toBe(403);
});

test("a token that is deleted while the body arrives is denied", async ({ api, clock }) => {
  async function* slowly(): AsyncGenerator<string> {
    yield '{"org_name":';
    await api.pool.query("delete from access_tokens where provider_id = $1", [api.provider.id]);
    await clock.advance(1000);
    yield '"Quay"}';
  }
  const payload = Readable.from(slowly());
  const headers = { "content-type": "application/json" };
  const response = await api.send("PUT", "/accounts/1.xml", { payload, headers });
  expect(response.statusCode).toBe(403);
});
