import { get, type IncomingMessage } from "node:http";
import { finished } from "node:stream/promises";
import type { FastifyInstance } from "fastify";
import { expect, vi } from "vitest";
import { notifyCallersChanged, sessionSeconds } from "#access/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { createBin } from "#request-bin/index.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { adminCookie } from "../support/admin-cookie.ts";
import { openEventStream } from "../support/event-stream.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";

/** A provider with a bin, the first admin's token, and a second admin with a session. */
const test = base.extend("site", async ({ database }, { onCleanup }) => {
  const { provider, accessToken } = await setUp(database);
  const bin = await database.inTransaction((tx) => createBin(tx, { providerId: provider.id }));
  const admin = await adminCookie(database, provider.id);
  const { http, ...server } = await openWebServer(database);
  await http.listen({ host: "127.0.0.1", port: 0 });
  onCleanup(() => server[Symbol.asyncDispose]());
  return { pool: database, http, bin, admin, accessToken };
});

interface Site {
  readonly pool: Pool;
  readonly http: FastifyInstance;
  readonly admin: { readonly cookie: string; readonly userId: number };
  readonly accessToken: string;
}

const call = async ({ http, accessToken }: Site, method: "PUT" | "DELETE", url: string, payload: object = {}) => {
  const headers = { authorization: `Bearer ${accessToken}` };
  const answer = await http.inject({ method, url, headers, payload });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
};

async function signOut({ http, admin: { cookie }, pool }: Site): Promise<void> {
  const [session] = await pool.query<{ token: string }>("select csrf_token as token from sessions");
  const headers = { cookie, "content-type": "application/x-www-form-urlencoded" };
  const answer = await http.inject({
    method: "POST",
    url: "/p/logout",
    headers,
    payload: `form_token=${session?.token}`,
  });
  expect(answer.statusCode).toBe(303);
}

const causes: readonly (readonly [string, (site: Site) => Promise<void>])[] = [
  ["signs out", signOut],
  ["is made a member", (site) => call(site, "PUT", `/admin/api/users/${site.admin.userId}/member.json`)],
  ["is suspended", (site) => call(site, "PUT", `/admin/api/users/${site.admin.userId}/suspend.json`)],
  ["is deleted", (site) => call(site, "DELETE", `/admin/api/users/${site.admin.userId}.json`)],
  [
    "gets a new password",
    (site) => call(site, "PUT", `/admin/api/users/${site.admin.userId}.json`, { password: "another long password" }),
  ],
];

test.for(causes)(
  "the streams of an admin who %s end within a second with access-ended",
  async ([, revoke], { site }) => {
    const { http, bin, admin } = site;
    const at = http.listeningOrigin;
    const paths = ["/api/v1/stream", `/bins/${bin.id}/view/stream?after=0`];
    const streams = await Promise.all(paths.map((path) => openEventStream(`${at}${path}`, { cookie: admin.cookie })));
    await until(() => streams.every((stream) => stream.text() !== ""));

    await revoke(site);

    const ended = () => streams.map((stream) => [stream.isClosed(), stream.text().includes("access-ended")]);
    await vi.waitFor(() => expect(ended()).toEqual(paths.map(() => [true, true])), { timeout: 1000, interval: 10 });
  },
);

test("the stream of a bin ends with access-ended once the admin's session has expired", async ({ site, database }) => {
  const { bin, admin } = site;
  let aheadMs = 0;
  const clock = { ...systemClock, now: () => new Date(systemClock.now().getTime() + aheadMs) };
  await using server = await openWebServer(database, { clock });
  await server.http.listen({ host: "127.0.0.1", port: 0 });
  const url = `${server.http.listeningOrigin}/bins/${bin.id}/view/stream?after=0`;
  using stream = await openEventStream(url, { cookie: admin.cookie });
  await until(() => stream.text() !== "");

  aheadMs = sessionSeconds.admin * 1000;
  await server.http.inject({ method: "POST", url: `/bins/${bin.id}`, payload: "after the end" });

  await until(() => stream.isClosed());
  expect(stream.text()).toContain("access-ended");
  expect(stream.text()).not.toContain("after the end");
});

test("the stream of a deleted access token ends within a second with access-ended", async ({ site }) => {
  const { http, pool, accessToken } = site;
  const [token] = await pool.query<{ id: number }>("select id from access_tokens");
  const headers = { authorization: `Bearer ${accessToken}` };
  using stream = await openEventStream(`${http.listeningOrigin}/api/v1/stream`, headers);
  await until(() => stream.text() !== "");

  await call(site, "DELETE", `/admin/api/personal/access_tokens/${token?.id}.json`);

  await vi.waitFor(() => expect(stream.isClosed()).toBe(true), { timeout: 1000, interval: 10 });
  expect(stream.text()).toContain("access-ended");
});

test("a stream continues when another caller loses access", async ({ site }) => {
  const { http, bin, admin } = site;
  const other = await adminCookie(site.pool, bin.providerId, "member");
  using stream = await openEventStream(`${http.listeningOrigin}/bins/${bin.id}/view/stream?after=0`, {
    cookie: admin.cookie,
  });
  await until(() => stream.text() !== "");
  await call(site, "PUT", `/admin/api/users/${other.userId}/suspend.json`);
  await http.inject({ method: "POST", url: `/bins/${bin.id}`, payload: "hello" });
  await until(() => stream.text().includes("hello"));
  expect(stream.text()).not.toContain("access-ended");
});

test("a provider's 101st stream is rejected with 429 until another one closes", async ({ site }) => {
  const { http, accessToken } = site;
  const headers = { authorization: `Bearer ${accessToken}` };
  const open = () => openEventStream(`${http.listeningOrigin}/api/v1/stream`, headers);
  const streams = await Promise.all(Array.from({ length: 100 }, open));
  using oneMore = await open();
  expect([streams.every(({ status }) => status === 200), oneMore.status]).toEqual([true, 429]);
  await until(() => oneMore.text().includes("too-many-streams"));
  for (const stream of streams) stream[Symbol.dispose]();
  await until(async () => {
    using again = await open();
    return again.status === 200;
  });
});

/** More than the buffers between a server and a client that does not read. */
const insertRecords = `
  insert into audit_records (provider_id, actor_kind, action, subject, detail)
  select $1, 'system', 'endpoint.changed', 'endpoint/3', jsonb_build_object('text', repeat('x', 8000))
  from generate_series(1, 4000)`;

const insertAccounts = `
  insert into accounts (provider_id, org_name, plan_id)
  select $1, repeat('x', 80000), (select id from plans where provider_id = $1 and kind = 'account_plan')
  from generate_series(1, 400)`;

test.for([
  ["/api/v1/audit_records/export", "a second later", insertRecords, 1000],
  ["/admin/api/accounts.json", "a second later", insertAccounts, 1000],
  ["/api/v1/audit_records/export", "before its end", insertRecords, 0],
] as const)(
  "a response that its client reads slowly is cut once the token is deleted: %s, %s",
  async ([path, , insert, laterMs], { database }) => {
    const { provider, accessToken } = await setUp(database);
    await database.query(insert, [provider.id]);
    let nowMs = systemClock.monotonicMs();
    await using server = await openWebServer(database, { clock: { ...systemClock, monotonicMs: () => nowMs } });
    await server.http.listen({ host: "127.0.0.1", port: 0 });
    const responded = Promise.withResolvers<IncomingMessage>();
    const headers = { authorization: `Bearer ${accessToken}` };
    get(server.http.listeningOrigin + path, { headers, agent: false }, responded.resolve).once(
      "error",
      responded.reject,
    );
    const response = await responded.promise;
    expect(response.statusCode).toBe(200);

    await database.inTransaction(async (tx) => {
      await tx.query("delete from access_tokens");
      if (laterMs === 0) notifyCallersChanged(tx, provider.id);
    });
    nowMs += laterMs;

    await expect(finished(response.resume())).rejects.toThrow("aborted");
  },
);
