import { expect } from "vitest";
import { createProviderUser, createSession, endSession, type Audience, type Role } from "#access/index.ts";
import { test, xmlDeclaration, type ProviderApi } from "./api-test.ts";

interface SignedIn {
  readonly cookie: string;
  readonly csrfToken: string;
  readonly cookieValue: string;
}

const signIn = (
  api: ProviderApi,
  now: Date,
  { role = "admin", audience = "admin" }: { role?: Role; audience?: Audience } = {},
) =>
  api.pool.inTransaction(async (tx): Promise<SignedIn> => {
    const providerId = api.provider.id;
    const user = await createProviderUser(tx, { providerId, username: "ada", passwordHash: "none", role });
    const session = await createSession(tx, { providerId, audience, userId: user.id, now });
    return { ...session, cookie: `bellwire_${audience}=${session.cookieValue}` };
  });

const denied = `${xmlDeclaration}<error>Access denied</error>`;
const account = { org_name: "Quay Ltd", username: "quay" };
const url = "/admin/api/signup.json";

test("an Admin Portal session reads with its cookie only", async ({ api, clock }) => {
  const { cookie } = await signIn(api, clock.now());

  expect(
    (await api.sendWithoutToken({ url: "/admin/api/webhooks/failures.xml", headers: { cookie } })).statusCode,
  ).toBe(200);
});

test("a session needs its CSRF token for changes", async ({ api, clock }) => {
  const { cookie, csrfToken } = await signIn(api, clock.now());
  const send = (headers: Readonly<Record<string, string>>) =>
    api.sendWithoutToken({ method: "POST", url, payload: account, headers: { cookie, ...headers } });

  expect((await send({})).statusCode).toBe(403);
  expect((await send({ "x-csrf-token": "0".repeat(csrfToken.length) })).statusCode).toBe(403);
  expect((await send({ "x-csrf-token": csrfToken })).statusCode).toBe(201);
});

test("a cross-origin request is denied even with the CSRF token", async ({ api, clock }) => {
  const { cookie, csrfToken } = await signIn(api, clock.now());
  const send = (headers: Readonly<Record<string, string>>) =>
    api.sendWithoutToken({
      method: "POST",
      url,
      payload: account,
      headers: { cookie, "x-csrf-token": csrfToken, ...headers },
    });

  expect((await send({ "sec-fetch-site": "cross-site" })).statusCode).toBe(403);
  expect((await send({ origin: "https://elsewhere.test" })).statusCode).toBe(403);
  expect((await send({ "sec-fetch-site": "same-origin" })).statusCode).toBe(201);
});

test("a suspended user's session is denied", async ({ api, clock }) => {
  const { cookie } = await signIn(api, clock.now());
  await api.pool.query("update provider_users set state = 'suspended' where provider_id = $1", [api.provider.id]);

  expect((await api.sendWithoutToken({ url: "/admin/api/webhooks/failures.xml", headers: { cookie } })).body).toBe(
    denied,
  );
});

test("events of a session name the user and the channel admin_portal", async ({ api, clock }) => {
  const { cookie, csrfToken } = await signIn(api, clock.now());
  await api.sendWithoutToken({ method: "POST", url, payload: account, headers: { cookie, "x-csrf-token": csrfToken } });
  const recorded = await api.pool.query("select distinct actor_kind, channel from events where provider_id = $1", [
    api.provider.id,
  ]);

  expect(recorded).toEqual([{ actorKind: "admin", channel: "admin_portal" }]);
});

test("an ended session and a Developer Portal session are denied", async ({ api, clock, otherApi }) => {
  const ended = await signIn(api, clock.now());
  await api.pool.inTransaction((tx) => endSession(tx, ended.cookieValue));
  const developers = await signIn(otherApi, clock.now(), { audience: "developer" });
  const renamed = `bellwire_admin=${developers.cookieValue}`;

  for (const [each, cookie] of [
    [api, ended.cookie],
    [otherApi, developers.cookie],
    [otherApi, renamed],
  ] as const) {
    const response = await each.sendWithoutToken({ url: "/admin/api/webhooks/failures.xml", headers: { cookie } });
    expect([response.statusCode, response.body]).toEqual([403, denied]);
  }
});

test("a provider's session is denied at another provider's host", async ({ api, clock, otherApi }) => {
  const { cookie } = await signIn(otherApi, clock.now());

  expect((await api.sendWithoutToken({ url: "/admin/api/webhooks/failures.xml", headers: { cookie } })).body).toBe(
    denied,
  );
});
