import { expect } from "vitest";
import { createProviderUser, createSession, endSession, type Audience, type Role } from "#access/index.ts";
import { test, xmlDeclaration, type ApiHouse } from "./api-test.ts";

interface SignedIn {
  readonly cookie: string;
  readonly csrfToken: string;
  readonly cookieValue: string;
}

const signIn = (
  api: ApiHouse,
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

test("the Admin Portal's session reads with its cookie alone", async ({ api, clock }) => {
  const { cookie } = await signIn(api, clock.now());

  expect((await api.askBare({ url: "/admin/api/webhooks/failures.xml", headers: { cookie } })).statusCode).toBe(200);
});

test("what changes things also needs the session's own token", async ({ api, clock }) => {
  const { cookie, csrfToken } = await signIn(api, clock.now());
  const ask = (headers: Readonly<Record<string, string>>) =>
    api.askBare({ method: "POST", url, payload: account, headers: { cookie, ...headers } });

  expect((await ask({})).statusCode).toBe(403);
  expect((await ask({ "x-csrf-token": "0".repeat(csrfToken.length) })).statusCode).toBe(403);
  expect((await ask({ "x-csrf-token": csrfToken })).statusCode).toBe(201);
});

test("a page of another origin changes nothing, even if it knew the token", async ({ api, clock }) => {
  const { cookie, csrfToken } = await signIn(api, clock.now());
  const ask = (headers: Readonly<Record<string, string>>) =>
    api.askBare({ method: "POST", url, payload: account, headers: { cookie, "x-csrf-token": csrfToken, ...headers } });

  expect((await ask({ "sec-fetch-site": "cross-site" })).statusCode).toBe(403);
  expect((await ask({ origin: "https://elsewhere.test" })).statusCode).toBe(403);
  expect((await ask({ "sec-fetch-site": "same-origin" })).statusCode).toBe(201);
});

test("the session of somebody who was suspended opens nothing", async ({ api, clock }) => {
  const { cookie } = await signIn(api, clock.now());
  await api.pool.query("update provider_users set state = 'suspended' where provider_id = $1", [api.provider.id]);

  expect((await api.askBare({ url: "/admin/api/webhooks/failures.xml", headers: { cookie } })).body).toBe(denied);
});

test("what a session does is told as the user's, in the Admin Portal", async ({ api, clock }) => {
  const { cookie, csrfToken } = await signIn(api, clock.now());
  await api.askBare({ method: "POST", url, payload: account, headers: { cookie, "x-csrf-token": csrfToken } });
  const told = await api.pool.query("select distinct actor_kind, channel from events where provider_id = $1", [
    api.provider.id,
  ]);

  expect(told).toEqual([{ actorKind: "admin", channel: "admin_portal" }]);
});

test("a session that has ended, or is the Developer Portal's, opens nothing", async ({ api, clock, neighbour }) => {
  const ended = await signIn(api, clock.now());
  await api.pool.inTransaction((tx) => endSession(tx, ended.cookieValue));
  const developers = await signIn(neighbour, clock.now(), { audience: "developer" });
  const renamed = `bellwire_admin=${developers.cookieValue}`;

  for (const [house, cookie] of [
    [api, ended.cookie],
    [neighbour, developers.cookie],
    [neighbour, renamed],
  ] as const) {
    const answer = await house.askBare({ url: "/admin/api/webhooks/failures.xml", headers: { cookie } });
    expect([answer.statusCode, answer.body]).toEqual([403, denied]);
  }
});

test("one provider's session opens nothing at another's host", async ({ api, clock, neighbour }) => {
  const { cookie } = await signIn(neighbour, clock.now());

  expect((await api.askBare({ url: "/admin/api/webhooks/failures.xml", headers: { cookie } })).body).toBe(denied);
});

test("a member's session is refused what members may not do", async ({ api, clock }) => {
  const { cookie } = await signIn(api, clock.now(), { role: "member" });
  const answer = await api.askBare({ url: "/admin/api/webhooks/failures.json", headers: { cookie } });

  expect([answer.statusCode, answer.body]).toEqual([403, '{"status":"Forbidden"}']);
});
