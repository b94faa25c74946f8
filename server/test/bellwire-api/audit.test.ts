import { expect } from "vitest";
import { countChanges, sendTwice } from "../api/api-test.ts";
import { routesOf } from "../http/routes-of.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { type BellwireApi, test as base } from "./bellwire-api-test.ts";
import { walkChanges } from "./walk-changes.ts";

const minuteMs = 60_000;

/** The API's clock is ahead of the recorded events, which carry the real time, so that they can be replayed. */
const test = base.extend(
  "fileClock",
  { scope: "file" },
  () => new HandDrivenClock(new Date(Date.now() + minuteMs).toISOString()),
);

/** A ping changes nothing, saved views are private to their user, and reading a message concerns nobody else. */
const changesNothing = [
  "POST /messages/:id/read",
  "POST /endpoints/:id/ping",
  "POST /views",
  "PATCH /views/:id",
  "DELETE /views/:id",
];

/** Refused to tokens. `sessions.test.ts` shows that they are audited. */
const forSessions = ["DELETE /sessions/:id", "POST /sessions/end_others"];

test("every changing route creates an event or an audit record", async ({ api, http, clock }) => {
  const routes = new Set<string>();
  let before = 0;
  for await (const { route, answer } of walkChanges(api, clock.now())) {
    const traces = await countChanges(api);
    if (answer) expect([route, traces > before]).toEqual([route, true]);
    before = traces;
    routes.add(route.replace(/\?.*/, ""));
  }

  await http.ready();
  const changing = routesOf(http).filter(({ method, path }) => method !== "GET" && path.startsWith("/api/v1/"));
  expect(new Set([...routes, ...changesNothing, ...forSessions])).toEqual(
    new Set(changing.map(({ method, path }) => `${method} ${path.replace("/api/v1", "")}`)),
  );
});

test("every change that is sent twice with an idempotency key is made once", async ({ api, clock }) => {
  const repeating = { ...api, call: sendTwice(api, (...request) => api.call(...request)) };
  for await (const { route, answer } of walkChanges(repeating, clock.now()))
    if (answer) expect([route, answer.statusCode < 300]).toEqual([route, true]);
});

test("admins read audit records with action, subject and actor, newest first in pages; members are denied", async ({
  api,
}) => {
  const { id } = (
    await api.call("POST", "/endpoints", { payload: { name: "crm", url: "http://127.0.0.1:9/" } })
  ).json();
  await api.call("PATCH", `/endpoints/${id}`, { payload: { active: false } });

  const first = (await api.call("GET", "/audit_records?limit=1")).json();
  const second = (await api.call("GET", `/audit_records?limit=1&after=${first.next}`)).json();
  expect([...first.data, ...second.data]).toMatchObject([
    { action: "endpoint.changed", subject: `endpoint/${id}`, detail: { active: false }, actor: { kind: "token" } },
    { action: "endpoint.created", subject: `endpoint/${id}`, detail: { name: "crm" } },
  ]);
  expect(first.data[0].actor.username).toEqual(expect.any(String));

  const readOnly = { authorization: `Bearer ${await api.addToken({ permission: "ro" })}` };
  expect((await api.call("GET", "/audit_records", { headers: readOnly })).statusCode).toBe(200);
  const member = { authorization: `Bearer ${await api.addToken({ role: "member", sections: ["settings"] })}` };
  expect((await api.call("GET", "/audit_records", { headers: member })).statusCode).toBe(403);
});

test("an export of more audit records than one step reads has each once, oldest first", async ({ api, clock }) => {
  await api.pool.query(
    `insert into audit_records (provider_id, actor_kind, action, subject, detail, at)
     select $1, 'system', 'endpoint.changed', 'endpoint/' || case when number % 1000 = 1 then 1 else 2 end,
       jsonb_build_object('number', number), $2 from generate_series(1, 2001) as number order by number`,
    [api.provider.id, clock.now()],
  );
  const numbersOf = async (query: string): Promise<readonly number[]> => {
    const { body } = await api.call("GET", `/audit_records/export?format=ndjson&action=endpoint.changed&${query}`);
    return body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).detail.number);
  };
  expect(await numbersOf("")).toEqual(Array.from({ length: 2001 }, (_, place) => place + 1));
  expect(await numbersOf("subject=endpoint/1")).toEqual([1, 1001, 2001]);
});

test("audit records are found by words, action, subject, actor and time, in pages, and only the caller's own", async ({
  api,
  otherApi,
  clock,
}) => {
  const insert = (owner: BellwireApi, [actor, action, subject, detail, daysAgo]: readonly unknown[]) =>
    owner.pool.query(
      `insert into audit_records (provider_id, actor_kind, actor_id, action, subject, detail, at)
       select $1, $2, case when $2 in ('admin', 'token') then min(id) end, $3, $4, $5, $6::timestamptz - make_interval(days => $7)
       from provider_users where provider_id = $1`,
      [owner.provider.id, actor, action, subject, detail, clock.now(), daysAgo],
    );
  const records = [
    ["admin", "endpoint.secret_rotated", "endpoint/3", {}, 9],
    ["token", "endpoint.changed", "endpoint/31", { changed: ["URL"] }, 5],
    ["key", "failures.retried", "failures", { count: 2 }, 3],
    ["system", "fields-definition.deleted", "fields-definition/3", { percent: "100%_" }, 1],
  ];
  for (const record of records) await insert(api, record);
  await insert(otherApi, ["admin", "endpoint.changed", "endpoint/3", { changed: ["url"] }, 1]);
  const [admin] = await api.pool.query<{ id: number; username: string }>(
    "select id, username from provider_users where provider_id = $1",
    [api.provider.id],
  );
  const user = admin?.id ?? 0;
  const find = async (query: string): Promise<string[]> => {
    const { data } = (await api.call("GET", `/audit_records?${query}`)).json();
    return data.map(({ subject }: { subject: string }) => subject);
  };

  expect(await find("")).toEqual(["fields-definition/3", "failures", "endpoint/31", "endpoint/3"]);
  expect(await find("q=Secret%20rotated")).toEqual(["endpoint/3"]);
  expect(await find("q=endpoint%20url")).toEqual(["endpoint/31"]);
  expect(await find("q=fields%20definition")).toEqual(["fields-definition/3"]);
  expect(await find("q=100%25_")).toEqual(["fields-definition/3"]);
  expect(await find("q=0%25%250")).toEqual([]);
  expect(await find(`q=${encodeURIComponent(admin?.username ?? "")}%20endpoint`)).toEqual([
    "endpoint/31",
    "endpoint/3",
  ]);
  expect(await find("subject=endpoint/3")).toEqual(["endpoint/3"]);
  expect(await find("subject=endpoint&subject=failures")).toEqual(["failures", "endpoint/31", "endpoint/3"]);
  expect(await find("action=endpoint.*")).toEqual(["endpoint/31", "endpoint/3"]);
  expect(await find("action=endpoint.changed&action=failures.retried")).toEqual(["failures", "endpoint/31"]);
  expect(await find("actor=token")).toEqual(["endpoint/31"]);
  expect(await find(`actor=admin:${user}&actor=key`)).toEqual(["failures", "endpoint/3"]);
  expect(await find(`actor=token:${user + 1}`)).toEqual([]);
  expect(await find("since=-4d&until=-2d")).toEqual(["failures"]);
  const first = (await api.call("GET", "/audit_records?subject=endpoint&limit=1")).json();
  expect(await find(`subject=endpoint&limit=1&after=${first.next}`)).toEqual(["endpoint/3"]);
  for (const query of ["q=endpoint", "subject=endpoint", "action=endpoint.changed", "actor=token", "since=-4d", ""]) {
    const file = await api.call("GET", `/audit_records/export?format=ndjson&${query}`);
    const { data } = (await api.call("GET", `/audit_records?${query}`)).json();
    const exported = file.body.split("\n").flatMap((line): unknown[] => (line === "" ? [] : [JSON.parse(line)]));
    expect(data.length).toBeGreaterThan(0);
    expect([query, exported]).toEqual([query, data.toReversed()]); // the newest is that of the download, if it matches
  }
  const [marked, lines] = await Promise.all(
    ["csv", "ndjson"].map((format) => api.call("GET", `/audit_records/export?byte_order_mark=true&format=${format}`)),
  );
  expect([marked?.body.slice(0, 4), lines?.body.slice(0, 1)]).toEqual(["\uFEFFid,", "{"]);
  for (const [query, field] of [
    ["q=%20", "q"],
    ["action=changed", "action"],
    ["subject=%27", "subject"],
    ["actor=developer", "actor"],
    ["since=yesterday", "since"],
  ] as const) {
    const refused = await api.call("GET", `/audit_records?${query}`);
    expect([query, refused.statusCode, Object.keys(refused.json().errors)]).toEqual([query, 422, [field]]);
  }
});
