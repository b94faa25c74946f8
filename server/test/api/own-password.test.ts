import { expect } from "vitest";
import { createProviderUser, createSession, signInProviderUser } from "#access/index.ts";
import { test, type ProviderApi } from "./api-test.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { passwords } from "../support/passwords.ts";
import { until } from "../support/until.ts";

const password = "correct horse battery";
const another = "another horse battery";

/** Creates the admin Ada with two sessions. */
async function signInTwice(api: ProviderApi, now: Date) {
  const providerId = api.provider.id;
  const passwordHash = await passwords.hash(password, { providerId });
  return api.pool.inTransaction(async (tx) => {
    const { id: userId } = await createProviderUser(tx, { providerId, username: "ada", passwordHash, role: "admin" });
    const open = () => createSession(tx, { providerId, audience: "admin", userId, now });
    return { userId, here: await open(), elsewhere: await open() };
  });
}

type Browser = Awaited<ReturnType<typeof signInTwice>>["here"];

const requestsFrom = (api: ProviderApi, { cookieValue, csrfToken }: Browser) => ({
  read: async (url: string): Promise<number> =>
    (await api.sendWithoutToken({ url, headers: { cookie: `bellwire_admin=${cookieValue}` } })).statusCode,
  put: (url: string, payload: object) =>
    api.sendWithoutToken({
      method: "PUT",
      url,
      payload,
      headers: { cookie: `bellwire_admin=${cookieValue}`, "x-csrf-token": csrfToken },
    }),
});

test("changing the caller's own password in a session requires the current password and ends all other sessions", async ({
  api,
  clock,
}) => {
  const { userId, here, elsewhere } = await signInTwice(api, clock.now());
  const url = `/admin/api/users/${userId}.json`;
  const [own, other] = [requestsFrom(api, here), requestsFrom(api, elsewhere)];

  for (const wrong of [{}, { current_password: "" }, { current_password: another }]) {
    const refused = await own.put(url, { password: another, ...wrong });
    expect([refused.statusCode, refused.json()]).toEqual([422, { errors: { current_password: ["is incorrect"] } }]);
  }
  expect([await own.read(url), await other.read(url)]).toEqual([200, 200]);
  expect((await own.put(url, { password: another, current_password: password })).statusCode).toBe(200);
  expect([await own.read(url), await other.read(url)]).toEqual([200, 403]);
  const login = { providerId: api.provider.id, login: "ada", password: another };
  expect(await signInProviderUser(api.pool, passwords, login)).toMatchObject({ user: { id: userId } });
});

test("a current password that is replaced concurrently is refused", async ({ api, clock }) => {
  const { userId, here } = await signInTwice(api, clock.now());
  const own = requestsFrom(api, here);
  const { response } = await api.pool.inTransaction(async (tx) => {
    await tx.query("update provider_users set password_hash = 'another' where id = $1", [userId]);
    const change = { password: another, current_password: password };
    const waiting = { response: own.put(`/admin/api/users/${userId}.json`, change) };
    await until(() => countWaiting(api.pool));
    return waiting;
  });
  expect((await response).json()).toEqual({ errors: { current_password: ["is incorrect"] } });
  const hashes = await api.pool.query("select password_hash from provider_users where id = $1", [userId]);
  expect(hashes).toEqual([{ passwordHash: "another" }]);
});

test("wrong guesses of the current password in a session are rate limited until the right one", async ({
  api,
  clock,
}) => {
  const { userId, here } = await signInTwice(api, clock.now());
  const { put: update } = requestsFrom(api, here);
  const guess = (current_password: string) =>
    update(`/admin/api/users/${userId}.json`, { password: another, current_password });

  for (let time = 0; time < 9; time += 1) expect((await guess("wrong")).statusCode).toBe(422);
  expect((await guess(password)).statusCode).toBe(200);
  for (let time = 0; time < 10; time += 1) expect((await guess("wrong")).statusCode).toBe(422);
  const enough = await guess(another);
  expect([enough.statusCode, enough.headers["retry-after"]]).toEqual([429, "600"]);
  expect((await update(`/admin/api/users/${userId}.json`, { email: "ada@acme.test" })).statusCode).toBe(200);
});

test("programs and admins can set another user's password without the current password", async ({ api, clock }) => {
  const { userId, here } = await signInTwice(api, clock.now());
  const { user: colleague } = (
    await api.send("POST", "/users.json", { payload: { username: "grace", email: "grace@acme.test", password } })
  ).json<{ user: { id: number } }>();

  const byAda = await requestsFrom(api, here).put(`/admin/api/users/${colleague.id}.json`, { password: another });
  const byProgram = await api.send("PUT", `/users/${userId}.json`, { payload: { password: another } });
  expect([byAda.statusCode, byProgram.statusCode]).toEqual([200, 200]);
});
