import { expect } from "vitest";
import { createProviderUser, createSession, readProviderUser, signInProviderUser } from "#access/index.ts";
import { attemptLimits } from "#platform/limits.ts";
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

const requestsFrom = (api: ProviderApi, { cookieValue, csrfToken }: Browser) => {
  const send = (method: "PUT" | "POST") => (url: string, payload: object) =>
    api.sendWithoutToken({
      method,
      url,
      payload,
      headers: { cookie: `bellwire_admin=${cookieValue}`, "x-csrf-token": csrfToken },
    });
  return {
    read: async (url: string): Promise<number> =>
      (await api.sendWithoutToken({ url, headers: { cookie: `bellwire_admin=${cookieValue}` } })).statusCode,
    put: send("PUT"),
    post: send("POST"),
  };
};

const newToken = { name: "CRM", permission: "rw", scopes: ["account_management"] };

/** Returns the number of access tokens of a user. */
const countTokens = async (api: ProviderApi, userId: number): Promise<number> =>
  (await api.pool.query("select from access_tokens where user_id = $1", [userId])).length;

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

for (const path of ["personal", "users/{id}"]) {
  test(`a token that a session creates with POST ${path}/access_tokens requires the current password`, async ({
    api,
    clock,
  }) => {
    const { userId, here } = await signInTwice(api, clock.now());
    const create = (proof: object) =>
      requestsFrom(api, here).post(`/admin/api/${path.replace("{id}", String(userId))}/access_tokens.json`, {
        ...newToken,
        ...proof,
      });
    for (const wrong of [{}, { current_password: "" }, { current_password: another }]) {
      const refused = await create(wrong);
      expect([refused.statusCode, refused.json()]).toEqual([422, { errors: { current_password: ["is incorrect"] } }]);
    }
    const errors = { scopes: ["select at least one scope"], current_password: ["is incorrect"] };
    expect((await create({ scopes: [] })).json()).toEqual({ errors });
    expect(await countTokens(api, userId)).toBe(0);
    expect((await create({ current_password: password })).statusCode).toBe(201);
    expect(await countTokens(api, userId)).toBe(1);
  });
}

test("a token of a program and the provider key create tokens without a password", async ({ api, clock }) => {
  const { userId } = await signInTwice(api, clock.now());
  const asKey = { authorization: `Bearer ${api.key}` };
  const path = `/users/${userId}/access_tokens.json`;
  const created = await api.send("POST", path, { headers: asKey, payload: newToken });
  const headers = { authorization: `Bearer ${created.json().access_token.value}` };
  expect((await api.send("POST", path, { headers, payload: newToken })).statusCode).toBe(201);
  expect(await countTokens(api, userId)).toBe(2);
});

const proved = [
  ["password", (id: number) => `users/${id}`, { password: another }],
  ["token", () => "personal/access_tokens", newToken],
] as const;
for (const [change, pathOf, values] of proved) {
  test(`a current password that is replaced concurrently is refused for a new ${change}`, async ({ api, clock }) => {
    const { userId, here } = await signInTwice(api, clock.now());
    const own = requestsFrom(api, here);
    const send = change === "token" ? own.post : own.put;
    const { response } = await api.pool.inTransaction(async (tx) => {
      await tx.query("update provider_users set password_hash = 'another' where id = $1", [userId]);
      const waiting = {
        response: send(`/admin/api/${pathOf(userId)}.json`, { ...values, current_password: password }),
      };
      await until(() => countWaiting(api.pool));
      return waiting;
    });
    expect((await response).json()).toEqual({ errors: { current_password: ["is incorrect"] } });
    const hashes = await api.pool.query("select password_hash from provider_users where id = $1", [userId]);
    expect(hashes).toEqual([{ passwordHash: "another" }]);
    expect(await countTokens(api, userId)).toBe(0);
  });
}

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
  const profile = { email: "ada@acme.test", current_password: another };
  expect((await update(`/admin/api/users/${userId}.json`, profile)).statusCode).toBe(429);
  const create = (token: object) => requestsFrom(api, here).post("/admin/api/personal/access_tokens.json", token);
  expect((await create({ ...newToken, current_password: another })).statusCode).toBe(429);
});

test("guesses with a new token are counted, even if its other values are wrong", async ({ api, clock }) => {
  const { here } = await signInTwice(api, clock.now());
  const { post } = requestsFrom(api, here);
  const guess = () =>
    post("/admin/api/personal/access_tokens.json", { ...newToken, name: "", current_password: "wrong" });
  for (let time = 0; time < attemptLimits.ownPassword.max; time += 1) expect((await guess()).statusCode).toBe(422);
  expect((await guess()).statusCode).toBe(429);
});

for (const change of [{ email: "thief@elsewhere.test" }, { username: "thief" }]) {
  const [[name, value] = []] = Object.entries(change);
  test(`changing the caller's own ${name} to "${value}" in a session requires the current password`, async ({
    api,
    clock,
  }) => {
    const { userId, here } = await signInTwice(api, clock.now());
    await api.send("PUT", `/users/${userId}.json`, { payload: { email: "ada@acme.test" } });
    const { put } = requestsFrom(api, here);
    const url = `/admin/api/users/${userId}.json`;
    for (const wrong of [{}, { current_password: null }, { current_password: another }]) {
      const refused = await put(url, { ...change, ...wrong });
      expect([refused.statusCode, refused.json()]).toEqual([422, { errors: { current_password: ["is incorrect"] } }]);
    }
    const names = { username: "ada", email: "ada@acme.test" };
    expect(await readProviderUser(api.pool, api.provider.id, userId)).toMatchObject(names);
    expect((await put(url, { ...change, current_password: password })).statusCode).toBe(200);
    expect(await readProviderUser(api.pool, api.provider.id, userId)).toMatchObject({ ...names, ...change });
  });
}

test("changes of the caller's own user in a session that concern neither names nor password need no proof", async ({
  api,
  clock,
}) => {
  const { userId, here } = await signInTwice(api, clock.now());
  const nothing = { username: null, email: null, password: "", member_permission_ids: ["partners"] };
  expect((await requestsFrom(api, here).put(`/admin/api/users/${userId}.json`, nothing)).statusCode).toBe(200);
});

const withoutPassword = [
  ["has no password", "update provider_users set password_hash = null where id = $1"],
  ["signs in only with single sign-on", "update providers set enforce_sso = true where $1::bigint > 0"],
] as const;
for (const [reason, statement] of withoutPassword) {
  test(`who ${reason} may change the own user for 10 minutes after signing in`, async ({ api, clock }) => {
    const { userId, here } = await signInTwice(api, clock.now());
    await api.pool.query(statement, [userId]);
    const url = `/admin/api/users/${userId}.json`;
    const { put, post } = requestsFrom(api, here);
    const createToken = () => post("/admin/api/personal/access_tokens.json", newToken);
    await clock.advance(600_000);
    expect((await createToken()).statusCode).toBe(201);
    expect((await put(url, { email: "ada@acme.test", password: another })).statusCode).toBe(200);
    await api.pool.query(statement, [userId]);
    await clock.advance(1);
    const lateToken = await createToken();
    const late = await put(url, { email: "thief@elsewhere.test", current_password: another });
    const base = ["You sign in without a password. Sign out and in again, then make this change within 10 minutes"];
    expect([late.statusCode, late.json()]).toEqual([422, { errors: { base } }]);
    expect([lateToken.statusCode, lateToken.json()]).toEqual([422, { errors: { base } }]);
    expect(await countTokens(api, userId)).toBe(1);
    expect(await readProviderUser(api.pool, api.provider.id, userId)).toMatchObject({ email: "ada@acme.test" });
  });
}

test("programs and admins can set another user's password without the current password", async ({ api, clock }) => {
  const { userId, here } = await signInTwice(api, clock.now());
  const { user: colleague } = (
    await api.send("POST", "/users.json", { payload: { username: "grace", email: "grace@acme.test", password } })
  ).json<{ user: { id: number } }>();

  const byAda = await requestsFrom(api, here).put(`/admin/api/users/${colleague.id}.json`, { password: another });
  const byProgram = await api.send("PUT", `/users/${userId}.json`, { payload: { password: another } });
  expect([byAda.statusCode, byProgram.statusCode]).toEqual([200, 200]);
});

test("a member cannot flood the mailbox of anybody with notices of changed addresses and passwords", async ({
  api,
}) => {
  const headers = { authorization: `Bearer ${await api.addToken({ role: "member", sections: ["partners"] })}` };
  const [member] = await api.pool.query<{ id: number }>(
    "select id from provider_users where provider_id = $1 order by id desc limit 1",
    [api.provider.id],
  );
  const put = async (payload: object) => {
    const url = `/admin/api/users/${member?.id}.json`;
    return (await api.sendWithoutToken({ method: "PUT", url, headers, payload })).statusCode;
  };
  const noticeCount = async () =>
    (await api.pool.query("select from mails where provider_id = $1", [api.provider.id])).length;
  expect(await put({ email: "mona@acme.test" })).toBe(200); // nobody is notified: there was no address before
  const { max } = attemptLimits.mailsOfUsers;
  for (let count = 0; count < max; count += 1)
    expect(await put(count % 2 === 0 ? { email: `m${count}@acme.test` } : { password: another })).toBe(200);
  expect([await put({ email: "victim@elsewhere.test" }), await put({ password })]).toEqual([429, 429]);
  expect(await noticeCount()).toBe(max);
  expect([await put({ email: `m${max - 2}@acme.test` }), await put({ username: "mona" })]).toEqual([200, 200]);
  expect((await api.send("PUT", "/users/0.json", { payload: { email: "a@b.test" } })).statusCode).toBe(404);
});

test("a user of the team cannot flood mailboxes with notices of developers' changed addresses, and programs send none", async ({
  api,
  clock,
}) => {
  const { here } = await signInTwice(api, clock.now());
  const signUp = async (username: string): Promise<string> => {
    const payload = { org_name: "Quay", username, email: `${username}@quay.test`, password };
    const { account } = (await api.send("POST", "/signup.json", { payload })).json();
    const { users } = (await api.send("GET", `/accounts/${account.id}/users.json`)).json();
    return `/accounts/${account.id}/users/${users[0].user.id}`;
  };
  const [nora, otto] = [await signUp("nora"), await signUp("otto")];
  const put = (path: string, payload: object) => requestsFrom(api, here).put(`/admin/api${path}.json`, payload);
  const noticeCount = async () =>
    (
      await api.pool.query("select from mails where provider_id = $1 and subject ~ 'was (changed|set)$'", [
        api.provider.id,
      ])
    ).length;
  const { max } = attemptLimits.mailsOfUsers;
  for (let count = 0; count < max; count += 1) {
    const payload = count % 2 === 0 ? { email: `n${count}@elsewhere.test` } : { password: `${another} ${count}` };
    expect((await put(count % 3 === 0 ? nora : otto, payload)).statusCode).toBe(200);
  }
  expect(await noticeCount()).toBe(max);
  for (const [path, payload] of [
    [nora, { email: "victim@elsewhere.test" }],
    [otto, { password }],
  ] as const) {
    const { statusCode, headers, body } = await put(path, payload);
    expect([statusCode, headers["retry-after"], body]).toEqual([429, "600", expect.stringContaining("in 10 minutes")]);
  }
  expect((await put(nora, { username: "nora2" })).statusCode).toBe(200);
  for (const email of ["a@quay.test", "b@quay.test"])
    expect((await api.send("PUT", `${nora}.json`, { payload: { email } })).statusCode).toBe(200);
  expect(await noticeCount()).toBe(max);
});
