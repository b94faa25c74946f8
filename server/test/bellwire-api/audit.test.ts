import { expect } from "vitest";
import type { ChangeContext } from "#access/index.ts";
import { sendMessage, signUpAccount } from "#portal/accounts/index.ts";
import { addApplicationKey } from "#portal/applications/index.ts";
import { createAuthenticationProvider } from "#portal/single-sign-on/index.ts";
import { receiveRequest } from "#request-bin/index.ts";
import { causeOf, groupIdOf } from "#webhooks/deliveries/failure-causes.ts";
import { routesOf } from "../http/routes-of.ts";
import { messageFrom } from "../portal/portal-fixture.ts";
import { anEvent, buildEndpoint, encryption, recordNow } from "../support/build-webhooks.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { passwords } from "../support/passwords.ts";
import { type BellwireApi, test as base } from "./bellwire-api-test.ts";

const minuteMs = 60_000;

/** The API's clock is ahead of the recorded events, which carry the real time, so that they can be replayed. */
const test = base.extend(
  "fileClock",
  { scope: "file" },
  () => new HandDrivenClock(new Date(Date.now() + minuteMs).toISOString()),
);

type Ids = Readonly<Record<string, string | number>>;

interface Row {
  /** Method and path below /api/v1; parameters are the ids that stand for them. */
  readonly route: string;
  readonly at?: readonly string[];
  readonly payload?: (ids: Ids) => object;
  /** Runs before the request. */
  readonly before?: (api: BellwireApi, ids: Ids) => Promise<unknown>;
  /** The name under which `ids` keeps the id in the response. */
  readonly keep?: string;
}

const url = "http://127.0.0.1:9/";
const [account, application, delivery] = [["account"], ["application"], ["delivery"]];
const invitation = ["account", "invitation"];

/** Every changing route, in an order in which each finds its objects. */
const rows: readonly Row[] = [
  { route: "POST /endpoints", payload: () => ({ name: "crm", url }), keep: "crm" },
  { route: "PATCH /endpoints/:id", at: ["crm"], payload: () => ({ active: false }) },
  { route: "POST /endpoints/:id/rotate_secret", at: ["crm"] },
  { route: "DELETE /endpoints/:id", at: ["crm"] },
  { route: "POST /endpoints/:id/undo_delete", at: ["crm"] },
  { route: "POST /events/:id/send", at: ["event"], payload: ({ deaf }) => ({ endpoint_id: deaf }) },
  { route: "POST /deliveries/:id/skip", at: delivery },
  { route: "POST /deliveries/:id/undo_skip", at: delivery },
  { route: "POST /deliveries/:id/retry", at: delivery },
  { route: "POST /deliveries/:id/cancel", at: delivery },
  { route: "POST /failures/groups/:id/mute", at: ["group"] },
  { route: "DELETE /failures/groups/:id/mute", at: ["group"] },
  { route: "POST /failures/deletions/:id/undo", at: ["deletion"] },
  { route: "POST /jobs", payload: ({ delivery: id }) => ({ kind: "cancel", ids: [id] }), keep: "job" },
  { route: "POST /jobs/:id/cancel", at: ["job"] },
  { route: "DELETE /jobs/:id", at: ["job"] },
  { route: "POST /failures/retry", payload: () => ({ all: true }) },
  { route: "DELETE /failures?all=true" },
  {
    route: "POST /replays",
    payload: ({ deaf }) => ({ endpoint_id: deaf, since: new Date(Date.now() - minuteMs).toISOString(), only: "all" }),
    keep: "replay",
  },
  { route: "POST /replays/:id/cancel", at: ["replay"] },
  { route: "POST /alerts/:id/mute", at: ["alert"] },
  { route: "POST /alerts/:id/unmute", at: ["alert"] },
  { route: "POST /alert-rules", payload: ({ deaf }) => ({ kind: "disabled", endpoint_id: deaf }), keep: "rule" },
  { route: "PATCH /alert-rules/:id", at: ["rule"], payload: () => ({ by_mail: false }) },
  { route: "DELETE /alert-rules/:id", at: ["rule"] },
  { route: "POST /bins", keep: "bin" },
  { route: "PATCH /bins/:id", at: ["bin"], payload: () => ({ answer_status: 503 }) },
  { route: "POST /bins/:id/shares", at: ["bin"], payload: () => ({ hours: 1 }), keep: "share" },
  { route: "DELETE /bins/:id/shares/:share_id", at: ["bin", "share"] },
  {
    route: "POST /bins/:id/requests/:number/forward",
    at: ["bin", "first"],
    before: ({ pool }, { bin }) =>
      receiveRequest(
        pool,
        { binId: String(bin) },
        { method: "POST", path: "/", query: "", headers: [], body: Buffer.alloc(0) },
      ),
    payload: () => ({ url }),
  },
  { route: "DELETE /bins/:id", at: ["bin"] },
  { route: "POST /accounts/:id/suspend", at: account },
  { route: "POST /accounts/:id/resume", at: account },
  { route: "POST /accounts/bulk", payload: (ids) => ({ ids: [ids["account"]], operation: "make_pending" }) },
  {
    route: "POST /accounts/:id/invitations",
    at: account,
    payload: () => ({ email: "n@quay.example" }),
    keep: "invitation",
  },
  { route: "POST /accounts/:id/invitations/:invitation_id/resend", at: invitation },
  { route: "DELETE /accounts/:id/invitations/:invitation_id", at: invitation },
  { route: "POST /users/:id/send_activation", at: ["user"] },
  { route: "DELETE /accounts/:id/plan_request", at: account },
  { route: "DELETE /applications/:id/plan_request", at: application },
  {
    route: "DELETE /accounts/:id/service_subscriptions/:subscription_id/plan_request",
    at: ["account", "subscription"],
  },
  { route: "POST /applications/:id/regenerate_user_key", at: application },
  { route: "POST /applications/:id/regenerate_key", at: ["keyed"], payload: () => ({ key: "key-one" }) },
  { route: "POST /applications/bulk", payload: (ids) => ({ ids: [ids["application"]], operation: "suspend" }) },
  { route: "POST /applications/:id/reject", at: ["pending"] },
  { route: "DELETE /messages/:id", at: ["message"] },
  { route: "DELETE /authentication_providers/:id", at: ["identity"] },
  { route: "POST /erasures", payload: (ids) => ({ account_id: ids["account"], pending: "cancel" }) },
];

/** A ping changes nothing, saved views are private to their user, and reading a message concerns nobody else. */
const changesNothing = [
  "POST /messages/:id/read",
  "POST /endpoints/:id/ping",
  "POST /views",
  "PATCH /views/:id",
  "DELETE /views/:id",
];

async function signUp({ pool, provider }: BellwireApi, name: string, now: Date) {
  const values = { org_name: name, username: name, email: `${name}@quay.example` };
  const by = { via: "program", actor: { kind: "key" }, channel: "api" } as const;
  const signedUp = await signUpAccount(pool, passwords, { provider, values, by, now });
  const [first] = "applications" in signedUp ? signedUp.applications : [];
  if (!first || !("details" in signedUp)) throw new Error(JSON.stringify(signedUp));
  return { account: signedUp.details.account.id, user: signedUp.user.id, application: first };
}

async function addIdentityProvider({ pool, provider }: BellwireApi, by: ChangeContext): Promise<number> {
  const values = { kind: "keycloak", site: "https://sso.example", client_id: "portal", client_secret: "low tide" };
  const portal = { providerId: provider.id, accountType: "provider" } as const;
  const outcome = await createAuthenticationProvider({ pool, encryption }, { ...portal, values, by });
  return "authenticationProvider" in outcome ? outcome.authenticationProvider.id : 0;
}

/** Objects of the rows: two events with one ordering key, and an account whose developers request other plans. */
async function createObjects(api: BellwireApi, now: Date): Promise<Record<string, string | number>> {
  const { pool, provider } = api;
  const providerId = provider.id;
  const { account: accountId, user, application: each } = await signUp(api, "mira", now);
  const other = await signUp(api, "nora", now);
  const keyed = await signUp(api, "olaf", now);
  const by = { actor: { kind: "key" }, channel: "api", now } as const;
  await pool.query("update applications set state = 'pending' where id = $1", [other.application.id]);
  await pool.query(
    "insert into plan_requests (provider_id, application_id, plan_id, created_at) values ($1, $2, $3, now())",
    [providerId, each.id, each.plan.id],
  );
  await pool.query(
    `insert into account_plan_requests (provider_id, account_id, plan_id, created_at)
     select provider_id, id, plan_id, now() from accounts where id = $1`,
    [accountId],
  );
  const [subscription] = await pool.query<{ id: number }>(
    "update service_subscriptions set requested_plan_id = plan_id, requested_at = now() where account_id = $1 returning id",
    [accountId],
  );
  const sent = await sendMessage(pool, messageFrom("provider", { provider, accountId, by }));
  const message = sent && "message" in sent ? sent.message.id : 0;
  const change = { provider, accountId: keyed.account, applicationId: keyed.application.id, by };
  await addApplicationKey(pool, { ...change, value: "key-one", writer: "program" });
  const ordered = await buildEndpoint(pool, { providerId, url, name: "ordered", ordering: "account" });
  const deaf = await buildEndpoint(pool, { providerId, url, name: "deaf", eventTypes: [] });
  const [event = ""] = await recordNow(pool, { providerId }, [anEvent(), anEvent()]);
  await pool.query("update due set due_at = now() + interval '1 hour' where due_at < 'infinity'");
  const error = "Answered 500";
  await pool.query(
    "insert into failures (provider_id, endpoint_id, event_id, error, url) values ($1, $2, $3, $4, '')",
    [providerId, deaf, event, error],
  );
  const [deletion] = await pool.query<{ id: number }>(
    "insert into failure_deletions (provider_id, ends_at) values ($1, now() + interval '1 minute') returning id",
    [providerId],
  );
  const [alert] = await pool.query<{ id: number }>(
    `insert into alerts (provider_id, endpoint_id, kind, state, since, opened_at, sentence)
     values ($1, $2, 'exhausted', 'open', now(), now(), 'A delivery has failed.') returning id`,
    [providerId, deaf],
  );
  const undoable = { group: groupIdOf(deaf, causeOf(error)), deletion: deletion?.id ?? 0, alert: alert?.id ?? 0 };
  const portalIds = { ...undoable, account: accountId, user, application: each.id, pending: other.application.id };
  const identity = await addIdentityProvider(api, by);
  return {
    ...portalIds,
    identity,
    message,
    subscription: subscription?.id ?? 0,
    keyed: keyed.application.id,
    event,
    deaf,
    delivery: `${event}.${ordered}`,
    first: 1,
  };
}

const countTraces = `
  select (select count(*) from events where provider_id = $1) + (select count(*) from audit_records where provider_id = $1) as traces`;

test("every changing route creates an event or an audit record", async ({ api, http, clock }) => {
  const ids = await createObjects(api, clock.now());
  const count = async (): Promise<number> => {
    const [row] = await api.pool.query<{ traces: number }>(countTraces, [api.provider.id]);
    return row?.traces ?? 0;
  };
  for (const { route, at = [], before: prepare, payload, keep } of rows) {
    await prepare?.(api, ids);
    const before = await count();
    const [name = "", path = ""] = route.split(" ");
    const method = (["POST", "PATCH", "DELETE"] as const).find((each) => each === name) ?? "GET";
    const names = [...at];
    const filled = path.replaceAll(/:\w+/g, () => String(ids[names.shift() ?? ""]));
    const answer = await api.call(method, filled, payload ? { payload: payload(ids) } : {});
    expect([route, answer.statusCode < 300, answer.body]).toEqual([route, true, answer.body]);
    expect([route, (await count()) > before]).toEqual([route, true]);
    if (keep !== undefined) ids[keep] = answer.json().id;
  }

  await http.ready();
  const changing = routesOf(http).filter(({ method, path }) => method !== "GET" && path.startsWith("/api/v1/"));
  expect(new Set([...rows.map(({ route }) => route.replace(/\?.*/, "")), ...changesNothing])).toEqual(
    new Set(changing.map(({ method, path }) => `${method} ${path.replace("/api/v1", "")}`)),
  );
});

test("admins read audit records with action, subject and actor, newest first in pages; members are denied", async ({
  api,
}) => {
  const { id } = (await api.call("POST", "/endpoints", { payload: { name: "crm", url } })).json();
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
