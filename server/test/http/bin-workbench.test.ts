import type { FastifyInstance } from "fastify";
import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import { type Bin, createBin, createOwnBins, readBin, updateBin } from "#request-bin/index.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { adminCookie } from "../support/admin-cookie.ts";
import { buildAttempt, buildSender } from "../support/build-attempts.ts";
import { startForwarding } from "../support/build-bin-needs.ts";
import { openEventStream } from "../support/event-stream.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { startReceiver } from "../support/receiver.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";

interface Workbench {
  readonly pool: Pool;
  readonly http: FastifyInstance;
  /** The address of the listening server. */
  readonly at: string;
  readonly bin: Bin;
  readonly cookie: string;
  readonly api: ReturnType<typeof createApi>;
}

/** Calls operations below the bin, with an access token. */
const createApi =
  (http: FastifyInstance, { id }: Bin, headers: Readonly<Record<string, string>>) =>
  async (method: "GET" | "POST" | "PATCH" | "DELETE", path: string, payload?: object) => {
    const answer = await http.inject({
      method,
      url: `/api/v1/bins/${id}${path}`,
      headers,
      ...(payload && { payload }),
    });
    return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json() };
  };

/** The tests share a server, and each has a bin. */
const test = base
  .extend("server", { scope: "file" }, async ({ sharedPool: pool }, { onCleanup }) => {
    const { provider, accessToken } = await setUp(pool);
    const { http, ...server } = await openWebServer(pool);
    onCleanup(async () => {
      http.server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    });
    const at = await http.listen({ port: 0, host: "127.0.0.1" });
    const { cookie } = await adminCookie(pool, provider.id);
    return { pool, http, at, cookie, providerId: provider.id, headers: { authorization: `Bearer ${accessToken}` } };
  })

  .extend("workbench", async ({ server: { providerId, headers, ...server } }): Promise<Workbench> => {
    const bin = await server.pool.inTransaction((tx) => createBin(tx, { providerId }));
    return { ...server, bin, api: createApi(server.http, bin, headers) };
  });

const isOurs = ({ host }: URL): boolean => host === "bellwire.test";

const send = ({ at, bin }: Workbench, path = "", init: RequestInit = {}) =>
  fetch(`${at}/bins/${bin.id}${path}`, { method: "POST", body: "hello", ...init });

const viewOf = ({ http, bin }: Workbench, query: string, cookie?: string) =>
  http.inject({ url: `/bins/${bin.id}/view?${query}`, ...(cookie && { headers: { cookie } }) });

test("rules set the status, headers and body of responses, and each request names its rule", async ({ workbench }) => {
  const rules = [
    { name: "Orders", path_starts_with: "/orders", answers: [{ status: 202, body: "queued" }] },
    { every: 2, answers: [{ status: 503, headers: { "Retry-After": "7" } }] },
  ];
  expect((await workbench.api("PATCH", "", { answer_rules: rules })).body.answer_rules).toEqual(rules);

  const order = await send(workbench, "/orders/7?a=1");
  expect([order.status, await order.text(), order.headers.get("content-type")]).toEqual([
    202,
    "queued",
    "text/plain; charset=utf-8",
  ]);
  expect((await send(workbench)).status).toBe(200);
  const failed = await send(workbench);
  expect([failed.status, failed.headers.get("retry-after")]).toEqual([503, "7"]);
  // A bin shares its origin with the Admin Portal.
  expect(failed.headers.get("content-security-policy")).toContain("sandbox");

  const { data } = (await workbench.api("GET", "/requests")).body;
  expect(data.map(({ answer }: { answer: object }) => answer)).toEqual([
    { status: 503, delay_ms: 0, rule: "Rule 2" },
    { status: 200, delay_ms: 0, rule: null },
    { status: 202, delay_ms: 0, rule: "Orders" },
  ]);
  expect(data[2]).toMatchObject({ path: `/bins/${workbench.bin.id}/orders/7`, query: "a=1" });
});

test("concurrent requests get each response of a sequence once", async ({ workbench }) => {
  const answers = Array.from({ length: 20 }, (_, at) => ({ status: 500 + at }));
  await workbench.pool.inTransaction((tx) =>
    updateBin(tx, workbench.bin, { answerRules: [{ answers, after_last: "skip" }] }),
  );
  const responses = await Promise.all(Array.from({ length: 25 }, () => send(workbench)));
  const statuses = responses.map(({ status }) => status).toSorted((a, b) => a - b);
  expect(statuses).toEqual([200, 200, 200, 200, 200, ...answers.map(({ status }) => status)]);
});

test("a delivery within the process gets the response of a rule, and saving rules restarts their sequences", async ({
  workbench,
}) => {
  const { pool, bin } = workbench;
  const answerRules = [
    {
      event_type: "account.created",
      answers: [{ status: 503, headers: { "Retry-After": "9" }, body: "down" }],
      after_last: "skip" as const,
    },
  ];
  await pool.inTransaction((tx) => updateBin(tx, bin, { answerRules }));
  await using sender = buildSender({ ownBins: createOwnBins({ pool, isOurs: () => true }) });
  const deliver = () => sender.send(buildAttempt({ url: `http://bins.example/bins/${bin.id}` }));
  expect(await deliver()).toMatchObject({ status: 503, headers: { "retry-after": "9" }, body: Buffer.from("down") });
  expect(await deliver()).toMatchObject({ status: 200, headers: {} });
  await pool.inTransaction((tx) => updateBin(tx, bin, { answerRules }));
  expect(await deliver()).toMatchObject({ status: 503 });
});

test("unknown paths below the page are not received", async ({ workbench }) => {
  for (const path of ["/view/nothing", "/view", "/view/answer/more"]) {
    expect((await send(workbench, path, { headers: form, body: "status=500" })).status).toBe(404);
  }
  expect(await readBin(workbench.pool, workbench.bin)).toMatchObject({ requestsCaught: 0 });
});

test("a search matches method, path, header and body, case-insensitively, in the API and on the page", async ({
  workbench,
}) => {
  await send(workbench, "/Orders?tag=blue", {
    method: "PUT",
    headers: { "X-Tenant": 'the "Acme" one' },
    body: "grün\\",
  });
  await send(workbench, "", { body: new Uint8Array([0, 255, 65]) });
  const find = async (q: string, part = "any"): Promise<number[]> => {
    const query = new URLSearchParams({ q, in: part }).toString();
    const { data } = (await workbench.api("GET", `/requests?${query}`)).body;
    return data.map(({ number }: { number: number }) => number);
  };
  expect(await find("put", "method")).toEqual([1]);
  expect(await find("/orders", "path")).toEqual([1]);
  expect(await find("TAG=BLUE", "path")).toEqual([1]);
  expect(await find('the "acme', "header")).toEqual([1]);
  expect(await find("GRün\\", "body")).toEqual([1]);
  expect(await find("a", "body")).toEqual([2]);
  expect(await find("acme", "body")).toEqual([]);
  expect(await find("nothing")).toEqual([]);
  expect((await viewOf(workbench, "q=acme", workbench.cookie)).body).toContain('id="request-1"');
});

test("a viewer with masked secrets cannot search for them", async ({ workbench }) => {
  await send(workbench, "/orders?token=5ec2e7", { headers: { "x-key": "5ec2e7" }, body: '{"password":"5ec2e7"}' });
  const key = workbench.bin.viewKey;
  for (const part of ["any", "header", "body", "path"]) {
    expect((await viewOf(workbench, `key=${key}&q=5ec2e7&in=${part}`)).body).not.toContain('id="request-1"');
  }
  expect((await viewOf(workbench, `key=${key}&q=orders`)).body).toContain('id="request-1"');
});

test("two requests are compared line by line, with secrets masked except for admins", async ({ workbench }) => {
  await send(workbench, "", { headers: { "x-key": "one" }, body: '{"a":1,"password":"x"}' });
  await send(workbench, "", { headers: { "x-key": "two" }, body: '{"a":2,"password":"y"}' });
  const { body } = (await workbench.api("GET", "/diff?from=1&to=2")).body;
  expect(body).toEqual([
    { change: "same", text: "{" },
    { change: "removed", text: '  "a": 1,' },
    { change: "removed", text: '  "password": "x"' },
    { change: "added", text: '  "a": 2,' },
    { change: "added", text: '  "password": "y"' },
    { change: "same", text: "}" },
  ]);
  expect((await workbench.api("GET", "/diff?from=1&to=3")).status).toBe(404);

  const url = `/bins/${workbench.bin.id}/view/compare?key=${workbench.bin.viewKey}&n=2&n=1`;
  const masked = (await workbench.http.inject({ url })).body;
  expect(masked).toContain("<del>  &#34;a&#34;: 1,</del>");
  expect(masked).not.toMatch(/x-key: (one|two)|"password&#34;: &#34;[xy]/);
  const complete = (await workbench.http.inject({ url, headers: { cookie: workbench.cookie } })).body;
  expect(complete).toContain("<del>x-key: one</del>");
});

test("a comparison of missing requests leads back to the bin, with its key", async ({ workbench }) => {
  const page = `/bins/${workbench.bin.id}/view`;
  for (const selected of ["", "&n=1", "&n=1&n=2"]) {
    const { body } = await workbench.http.inject({ url: `${page}/compare?key=${workbench.bin.viewKey}${selected}` });
    expect([selected, body.includes(`href="${page}?key=${workbench.bin.viewKey}"`)]).toEqual([selected, true]);
  }
});

const form = { "content-type": "application/x-www-form-urlencoded" };

test("a share link shows requests masked, changes nothing, and ends when it expires or is revoked", async ({
  workbench,
}) => {
  const { http, bin, pool, at } = workbench;
  await send(workbench, "", {
    headers: { authorization: "Bearer 5ec2e7" },
    body: '{"org":"Quay","password":"5ec2e7"}',
  });
  const share = async () => {
    const { status, body } = await workbench.api("POST", "/shares", { hours: 1 });
    expect(status).toBe(201);
    return { id: body.id, query: new URL(body.url).search.slice(1) };
  };
  const [first, second] = [await share(), await share()];
  const page = await viewOf(workbench, first.query);
  expect(page.body).toContain("Quay");
  expect(page.body).not.toMatch(new RegExp(`5ec2e7|${bin.viewKey}`));
  for (const path of ["answer", "name", "rules", "forward", "shares", "requests/1/forward"]) {
    const url = `/bins/${bin.id}/view/${path}?${first.query}`;
    const changed = await http.inject({
      method: "POST",
      url,
      headers: form,
      payload: "status=500&name=x&url=http://b.example/",
    });
    expect([path, changed.statusCode]).toEqual([path, 403]);
  }
  expect((await http.inject({ url: `/bins/${bin.id}/view/requests/1/body?${first.query}` })).statusCode).toBe(403);

  using stream = await openEventStream(`${at}/bins/${bin.id}/view/stream?after=0&${first.query}`);
  await until(() => stream.text().includes("Quay"));
  expect(stream.text()).not.toMatch(new RegExp(`5ec2e7|${bin.viewKey}`));
  expect((await workbench.api("DELETE", `/shares/${first.id}`)).status).toBe(204);
  await until(() => stream.isClosed());
  expect((await viewOf(workbench, first.query)).statusCode).toBe(403);

  expect((await viewOf(workbench, second.query)).statusCode).toBe(200);
  await pool.query("update bin_shares set expires_at = now() where bin_id = $1", [bin.id]);
  expect((await viewOf(workbench, second.query)).statusCode).toBe(403);
  expect((await workbench.api("GET", "/shares")).body.data).toEqual([]);
});

test("each new request is forwarded once, as received, and a redirect is not followed", async ({ workbench }) => {
  await using _engine = startForwarding(workbench.pool, isOurs);
  await using receiver = await startReceiver((response) =>
    response.writeHead(302, { location: "/other" }).end("moved"),
  );
  expect((await workbench.api("PATCH", "", { forward_url: `${receiver.url}?key=1` })).status).toBe(200);
  await send(workbench, "/orders?a=1", {
    method: "PUT",
    headers: { "x-tenant": "acme", cookie: "a=b" },
    body: "hello",
  });
  const forwarded = async () => (await workbench.api("GET", "/requests/1")).body.forward;
  await until(async () => (await forwarded()) !== null);
  expect(await forwarded()).toMatchObject({ status: 302, error: null, body: "moved", url: `${receiver.url}?key=…` });
  expect(receiver.received).toMatchObject([
    { path: "/hook/orders?key=1&a=1", body: "hello", headers: { "x-tenant": "acme" } },
  ]);
  expect(receiver.received[0]?.headers).not.toHaveProperty("cookie");

  // A receiver may forward to the bin. Such a request is not forwarded again, so no loop arises.
  await send(workbench, "", { headers: { "bellwire-forwarded-by-bin": workbench.bin.id } });
  await send(workbench);
  await until(async () => (await workbench.api("GET", "/requests/3")).body.forward !== null);
  expect((await workbench.api("GET", "/requests/2")).body).toMatchObject({ forward: null, forwarding: false });
  expect(receiver.received).toHaveLength(2);
});

test("a forwarded request has the credentials of the URL instead of its own", async ({ workbench }) => {
  await using _engine = startForwarding(workbench.pool, isOurs);
  await using receiver = await startReceiver((response) => response.end());
  const url = receiver.url.replace("//", "//bin:secret@");
  await send(workbench, "", { headers: { Authorization: "Bearer stranger" } });
  for (const target of [receiver.url, url])
    expect((await workbench.api("POST", "/requests/1/forward", { url: target })).body).toMatchObject({ status: 200 });
  expect(receiver.received.map(({ headers }) => headers["authorization"])).toEqual([
    "Bearer stranger",
    `Basic ${btoa("bin:secret")}`,
  ]);
});

test("nothing is forwarded to an address that is not allowed, or to this installation", async ({ workbench }) => {
  const { pool, bin } = workbench;
  await using _engine = startForwarding(pool, isOurs);
  await send(workbench);
  for (const url of [
    "http://10.0.0.1/",
    "http://169.254.169.254/",
    "http://bellwire.test/bins/x",
    "ftp://b.example/",
    "x",
  ]) {
    expect([url, (await workbench.api("PATCH", "", { forward_url: url })).status]).toEqual([url, 422]);
    expect([url, (await workbench.api("POST", "/requests/1/forward", { url })).status]).toEqual([url, 422]);
  }
  // The name may resolve to another address since it was saved, so the address is checked when sending, too.
  for (const url of ["http://10.0.0.1/", `http://bellwire.test/bins/${bin.id}`]) {
    await pool.query("update bins set forward_url = $2 where id = $1", [bin.id, url]);
    const again = "update bin_requests set forward_due_at = now(), forward_result = null where bin_id = $1";
    await pool.query(again, [bin.id]);
    await send(workbench, "", { body: "wakes the forwarder" });
    const result = async () => (await workbench.api("GET", "/requests/1")).body.forward;
    await until(async () => (await result()) !== null);
    expect(await result()).toMatchObject({
      status: null,
      error: expect.stringMatching(/not a public|this installation/),
    });
  }
});

test("a viewer with the key changes name and responses, but only admins forward and share", async ({ workbench }) => {
  const { http, bin, pool, cookie } = workbench;
  const post = (path: string, payload: string, headers = {}) =>
    http.inject({
      method: "POST",
      url: `/bins/${bin.id}/view/${path}?key=${bin.viewKey}`,
      headers: { ...form, ...headers },
      payload,
    });
  expect((await post("name", "name=Billing")).statusCode).toBe(303);
  const rules = [{ answers: [{ status: 500 }] }];
  expect((await post("rules", `rules=${encodeURIComponent(JSON.stringify(rules))}`)).statusCode).toBe(303);
  expect(await readBin(pool, bin)).toMatchObject({ name: "Billing", answerRules: rules });
  const wrong = await post("rules", "rules=[{}]", { accept: "application/json" });
  expect([wrong.statusCode, wrong.json()]).toEqual([422, { errors: ["Rule 1, answers is required"] }]);
  for (const [path, payload] of [
    ["forward", "url=http://127.0.0.1:9/"],
    ["shares", "hours=1"],
    ["requests/1/forward", "url=http://127.0.0.1:9/"],
  ] as const) {
    expect([path, (await post(path, payload)).statusCode]).toEqual([path, 403]);
  }
  expect((await post("forward", "url=http://127.0.0.1:9/", { cookie })).statusCode).toBe(303);
  await send(workbench);
  const page = (await viewOf(workbench, `key=${bin.viewKey}`, cookie)).body;
  expect(page.match(/<input type="(?:text|url)"[^>]*>/g)).toHaveLength(3);
  expect(page).toContain("<bdi>Billing</bdi>");
  expect(page).not.toMatch(/<input type="(?:text|url)"[^>]* maxlength/); // cuts off a pasted text without a word
  for (const [path, payload, words] of [
    ["name", `name=${"x".repeat(101)}`, "The name must be one line of at most 100 characters."],
    ["forward", "url=nonsense", "The URL must be a valid URL such as http://example.com."],
    ["shares", "hours=0", "A link expires in 1 to "],
    ["forward", `url=http://127.0.0.1:9/${"x".repeat(2048)}`, "The URL is too long (maximum is 2048 characters)"],
  ] as const) {
    const refused = await post(path, payload, { cookie });
    expect([path, refused.statusCode, refused.body]).toEqual([path, 422, expect.stringContaining(words)]);
  }
  expect((await post("shares", "hours=1", { cookie })).body).toMatch(/view\?share=[a-z2-7]{26}/);
  for (const path of ["name", "rules", "forward", "shares"]) {
    const headers = { cookie, "sec-fetch-site": "cross-site" };
    expect((await post(path, "name=x&rules=[]&url=&hours=1", headers)).statusCode).toBe(403);
  }
  const audited = await pool.query("select action, actor_kind from audit_records where subject = $1 order by id", [
    `bin/${bin.id}`,
  ]);
  expect(audited).toEqual([
    { action: "bin.changed", actorKind: "system" },
    { action: "bin.changed", actorKind: "system" },
    { action: "bin.changed", actorKind: "admin" },
    { action: "bin.shared", actorKind: "admin" },
  ]);
});

test("delayed responses do not hold capacity for request bodies", async ({ workbench: { pool, http, at, bin } }) => {
  const body = Buffer.alloc(binLimits.bodyBytes.max);
  await pool.query("update bins set answer_delay_ms = 100000 where id = $1", [bin.id]);
  const remaining = async () =>
    (await pool.query("select number from bin_requests where bin_id = $1", [bin.id])).length;
  for (let n = 0; n < 15; n += 1) {
    void fetch(`${at}/bins/${bin.id}`, { method: "POST", body }).catch(() => undefined);
  }
  await until(async () => (await remaining()) === 15);
  await pool.query("update bins set answer_delay_ms = 0 where id = $1", [bin.id]);
  const others = [
    await pool.inTransaction((tx) => createBin(tx, bin)),
    await pool.inTransaction((tx) => createBin(tx, bin)),
  ];
  const requests = others.flatMap((each) =>
    Array.from({ length: 9 }, (_, n) =>
      http.inject({ method: "POST", url: `/bins/${each.id}`, payload: body, remoteAddress: `203.0.113.${n}` }),
    ),
  );
  const statuses = (await Promise.all(requests)).map(({ statusCode }) => statusCode);
  expect(new Set(statuses)).toEqual(new Set([200]));
});
