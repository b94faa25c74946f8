import { expect } from "vitest";
import { createSession, type ListedSession } from "#access/index.ts";
import { openEventStream } from "../support/event-stream.ts";
import { until } from "../support/until.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";

/** Signs in, and returns requests of that browser. */
async function signIn(api: BellwireApi, now: Date, of: Partial<ListedSession> & { userId: number }) {
  const { pool, provider } = api;
  const session = { providerId: provider.id, audience: "admin", now, ...of } as const;
  const { cookieValue, csrfToken } = await pool.inTransaction((tx) => createSession(tx, session));
  const cookie = `bellwire_admin=${cookieValue}`;
  const headers = { cookie, "x-csrf-token": csrfToken };
  return {
    cookie,
    send: (method: "GET" | "POST" | "DELETE", path: string, more: Record<string, string> = headers) =>
      api.sendWithoutToken({ method, url: `/api/v1${path}`, headers: more }),
    list: async () => (await api.sendWithoutToken({ url: "/api/v1/sessions", headers })).json().data,
  };
}

async function readUserId({ pool, provider }: BellwireApi): Promise<number> {
  const [user] = await pool.query<{ id: number }>("select id from provider_users where provider_id = $1", [
    provider.id,
  ]);
  return user?.id ?? 0;
}

test("a user sees the own sessions with their places, and ends one, which is audited without its place", async ({
  api,
  otherApi,
  clock,
}) => {
  const now = clock.now();
  const userId = await readUserId(api);
  const here = await signIn(api, now, {
    userId,
    browser: "Firefox",
    operatingSystem: "Windows",
    address: "203.0.113.7",
  });
  const lost = await signIn(api, now, { userId });
  const other = await signIn(otherApi, now, { userId: await readUserId(otherApi) });

  const times = { created_at: now.toISOString(), last_used_at: now.toISOString(), expires_at: expect.any(String) };
  const id = expect.stringMatching(/^[0-9a-f]{32}$/);
  const sessions = await here.list();
  expect(sessions).toEqual([
    { id, ...times, is_current: true, browser: "Firefox", operating_system: "Windows", address: "203.0.113.7" },
    { id, ...times, is_current: false, browser: null, operating_system: null, address: null },
  ]);
  const path = `/sessions/${sessions[1].id}`;
  expect((await other.send("DELETE", path)).statusCode).toBe(404);
  for (const headers of [{ cookie: here.cookie }, { cookie: here.cookie, "x-csrf-token": "wrong" }]) {
    expect((await here.send("DELETE", path, headers)).json()).toMatchObject({ status: 403, code: "csrf-token-wrong" });
    expect((await here.send("POST", "/sessions/end_others", headers)).statusCode).toBe(403);
  }
  expect(await here.list()).toHaveLength(2);
  expect((await here.send("DELETE", path)).statusCode).toBe(204);
  expect((await here.send("DELETE", path)).statusCode).toBe(404);
  expect((await lost.send("GET", "/sessions")).statusCode).toBe(401);
  expect(await here.list()).toEqual([sessions[0]]);
  const { data } = (await api.call("GET", "/audit_records?limit=1")).json();
  expect(data).toMatchObject([
    {
      action: "session.ended",
      subject: `provider-user/${userId}`,
      actor: { kind: "admin", user_id: userId },
      detail: {},
    },
  ]);
});

test("signing out everywhere else keeps this session, and those of colleagues", async ({ api, clock }) => {
  const userId = await readUserId(api);
  await api.addToken({ role: "member" });
  const [colleague] = await api.pool.query<{ id: number }>(
    "select id from provider_users where provider_id = $1 and id <> $2",
    [api.provider.id, userId],
  );
  const [here, one, two, theirs] = [
    await signIn(api, clock.now(), { userId }),
    await signIn(api, clock.now(), { userId }),
    await signIn(api, clock.now(), { userId }),
    await signIn(api, clock.now(), { userId: colleague?.id ?? 0 }),
  ];
  expect((await here.send("POST", "/sessions/end_others")).json()).toEqual({ ended: 2 });
  const statusOf = async ({ send }: typeof here) => (await send("GET", "/sessions")).statusCode;
  expect(await Promise.all([here, one, two, theirs].map(statusOf))).toEqual([200, 401, 401, 200]);
  expect((await here.send("POST", "/sessions/end_others")).json()).toEqual({ ended: 0 });
  const { data } = (await api.call("GET", "/audit_records?action=sessions.ended")).json();
  expect(data).toMatchObject([{ subject: `provider-user/${userId}`, detail: { count: 2 } }]);
});

test("an access token and the provider key neither see nor end sessions", async ({ api, clock }) => {
  const here = await signIn(api, clock.now(), { userId: await readUserId(api) });
  const [{ id }] = await here.list();
  for (const credentials of [api.token, api.key]) {
    // The cookie beside it makes no session of it.
    const headers = { authorization: `Bearer ${credentials}`, cookie: here.cookie };
    for (const [method, path] of [
      ["GET", "/sessions"],
      ["DELETE", `/sessions/${id}`],
      ["POST", "/sessions/end_others"],
    ] as const) {
      expect((await here.send(method, path, headers)).json()).toMatchObject({ status: 403, code: "role-missing" });
    }
  }
  expect(await here.list()).toHaveLength(1);
});

test("a page that is read five minutes later records the use, without a write at each reading", async ({
  api,
  clock,
}) => {
  const here = await signIn(api, clock.now(), { userId: await readUserId(api) });
  const usedAt = async (): Promise<Date> => new Date((await here.list())[0].last_used_at);
  const signedInAt = await usedAt();
  await clock.advance(299_000);
  await here.list();
  expect(await usedAt()).toEqual(signedInAt);
  await clock.advance(1000);
  await here.list();
  await until(async () => (await usedAt()).getTime() === signedInAt.getTime() + 300_000);
});

test("a page is read while the use of its session cannot be recorded", async ({ api, clock }) => {
  const here = await signIn(api, clock.now(), { userId: await readUserId(api) });
  await clock.advance(600_000);
  await api.pool.inTransaction(async (tx) => {
    await tx.query("select from sessions where provider_id = $1 for update", [api.provider.id]);
    expect(await here.list()).toHaveLength(1);
  });
});

test("ending a session closes its live stream at once, and not that of this session", async ({ api, http, clock }) => {
  await http.listen({ host: "127.0.0.1", port: 0 });
  const userId = await readUserId(api);
  const [here, lost] = [await signIn(api, clock.now(), { userId }), await signIn(api, clock.now(), { userId })];
  const open = ({ cookie }: typeof here) =>
    openEventStream(`${http.listeningOrigin}/api/v1/stream`, { host: api.host, cookie });
  using kept = await open(here);
  using ended = await open(lost);
  expect([kept.status, ended.status]).toEqual([200, 200]);
  await here.send("POST", "/sessions/end_others");
  await until(() => ended.isClosed());
  expect(kept.isClosed()).toBe(false);
});
