import { expect } from "vitest";
import { eraseDeletedEndpoint } from "#webhooks/endpoints/index.ts";
import { eventTypes } from "#webhooks/events/index.ts";
import {
  anEvent,
  buildEndpoint,
  encryption,
  feedsAreComplete,
  recordIn,
  recordNow,
} from "../support/build-webhooks.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { until } from "../support/until.ts";
import { test, type BellwireApi } from "./bellwire-api-test.ts";

const shown = async (api: BellwireApi, path: string) => (await api.call("GET", path)).json();

test("an event has a verdict per endpoint: sent, or the gate that withheld it", async ({ api }) => {
  const { pool, provider } = api;
  const off = await buildEndpoint(pool, {
    providerId: provider.id,
    url: "http://127.0.0.1:9/",
    name: "off",
    active: false,
  });
  const on = await buildEndpoint(pool, { providerId: provider.id, url: "http://127.0.0.1:9/", name: "on" });
  const [id] = await recordNow(pool, { providerId: provider.id });

  expect((await shown(api, "/events")).data).toEqual([
    expect.objectContaining({ id, type: "account.created", account_name: "Harbour & Sons", sequence: 1 }),
  ]);
  expect(await shown(api, `/events/${id}`)).toMatchObject({
    actor: { kind: "developer", user_id: 21 },
    document: { id: 31, org_name: "Harbour & Sons" },
    verdicts: [
      { endpoint_id: off, endpoint_name: "off", sent: false, gate: "not_active", delivery_id: null },
      { endpoint_id: on, endpoint_name: "on", sent: true, gate: null, delivery_id: `${id}.${on}` },
    ],
  });
});

test("an event has the name of the admin who caused it, in lists, in the feed and alone", async ({ api }) => {
  const { pool, provider } = api;
  const [admin] = await pool.query<{ id: number; username: string }>(
    "select id, username from provider_users where provider_id = $1",
    [provider.id],
  );
  const { id: userId = 0, username: name } = admin ?? {};
  const [id] = await recordNow(pool, { providerId: provider.id, actor: { kind: "token", userId } });
  await feedsAreComplete(pool);

  const actor = { kind: "token", user_id: userId, name };
  expect((await shown(api, "/events")).data).toMatchObject([{ id, actor }]);
  expect((await shown(api, "/events?order=oldest")).data).toMatchObject([{ id, actor }]);
  expect(await shown(api, `/events/${id}`)).toMatchObject({ id, actor });
});

test("an event about a key has the key's last four characters and its creation time, not its value", async ({
  api,
}) => {
  const key = { value: "s3cret-1234", createdAt: "2026-03-01T09:00:00Z" };
  const [id] = await recordNow(api.pool, { providerId: api.provider.id }, [
    anEvent({ type: "application.key_created", key }),
  ]);
  const answer = await api.call("GET", `/events/${id}`);
  expect(answer.json().key).toEqual({ last4: "1234", created_at: "2026-03-01T09:00:00Z" });
  expect(answer.body).not.toContain("s3cret");
});

test("an event that a gate withheld can be sent later, once", async ({ api }) => {
  const { pool, provider } = api;
  const endpointId = await buildEndpoint(pool, { providerId: provider.id, url: "http://127.0.0.1:9/", eventTypes: [] });
  const [id] = await recordNow(pool, { providerId: provider.id });

  const send = () => api.call("POST", `/events/${id}/send`, { payload: { endpoint_id: endpointId } });
  expect((await send()).json()).toMatchObject({ id: `${id}.${endpointId}`, state: "pending" });
  expect((await send()).statusCode).toBe(200);
  expect((await shown(api, "/deliveries")).data).toHaveLength(1);
});

test("a delivery has the bytes sent and the response to each attempt", async ({ api, receiver }) => {
  const { pool, provider } = api;
  const endpointId = await buildEndpoint(pool, { providerId: provider.id, url: receiver.url, retryWaitsSeconds: [0] });
  receiver.answer((answer) => answer.writeHead(500, { "x-why": "broken" }).end("out of order"));
  await using _engine = await startTestEngine(pool);
  const [id] = await recordNow(pool, { providerId: provider.id });

  const delivery = await until(async () => {
    const read = await shown(api, `/deliveries/${id}.${endpointId}`);
    return read.state === "failed" && read;
  });
  expect(delivery).toMatchObject({ attempts_made: 2, content_type: "application/xml", next_attempt_at: null });
  expect(delivery.body).toBe(receiver.received[0]?.body);
  expect(delivery.attempts).toHaveLength(2);
  expect(delivery.attempts[1]).toMatchObject({
    number: 2,
    status: 500,
    error: "Answered 500",
    response_headers: { "x-why": "broken" },
    response_body: "out of order",
    connection: expect.stringMatching(/^(?:new|reused)$/),
    address: "127.0.0.1",
    tls: null,
    response_bytes: expect.any(Number),
    phases: { first_byte: expect.any(Number), tls: null },
    request: { method: "POST", url: receiver.url },
  });
});

test("an attempt's request is returned as sent, even after a change of the endpoint", async ({ api, receiver }) => {
  const { pool, provider } = api;
  const payload = { name: "crm", url: `${receiver.url}?token=s3cret`, format: "json", ordering: "none" };
  const settings = { event_types: ["*"], all_actors: true, headers: { "X-Key": "k3y" } };
  const created = await api.call("POST", "/endpoints", { payload: { ...payload, ...settings } });
  const endpointId: number = created.json().id;
  await using _engine = await startTestEngine(pool);
  const [eventId] = await recordNow(pool, { providerId: provider.id });
  const id = `${eventId}.${endpointId}`;
  await until(async () => (await shown(api, `/deliveries/${id}`)).state === "delivered");
  await api.call("PATCH", `/endpoints/${endpointId}`, {
    payload: { url: "http://127.0.0.1:9/other", headers: { "X-Other": "1" } },
  });
  await api.call("POST", `/endpoints/${endpointId}/rotate_secret`);

  const answer = await api.call("GET", `/deliveries/${id}`);
  expect(answer.body).not.toMatch(/s3cret|k3y|v1,/);
  expect(answer.json().attempts[0].request.url).toBe(`${receiver.url}?token=…`);

  const recorded = async () => (await api.call("GET", "/audit_records")).json().data;
  const before = await recorded();
  const clear = await api.call("GET", `/deliveries/${id}/attempts/1/request`);
  const [received] = receiver.received;
  expect(clear.headers["cache-control"]).toBe("no-store");
  expect(clear.json()).toMatchObject({ url: `${receiver.url}?token=s3cret`, body: received?.body });
  const headers = clear
    .json()
    .headers.map(({ name, value }: { name: string; value: string }) => [name.toLowerCase(), value]);
  expect(Object.fromEntries(headers)).toEqual(received?.headers);
  expect(clear.json().curl).toContain("'X-Key: k3y'");

  const after = await recorded();
  expect(after).toHaveLength(before.length + 1);
  expect(after[0]).toMatchObject({
    action: "delivery.request_read",
    subject: `delivery/${id}`,
    detail: { attempt: 1 },
  });
  expect(JSON.stringify(after)).not.toMatch(/s3cret|k3y/);
  expect((await api.call("GET", `/deliveries/${id}/attempts/2/request`)).statusCode).toBe(404);

  await api.call("DELETE", `/endpoints/${endpointId}`);
  await pool.query("update endpoints set deleted_at = deleted_at - interval '66 seconds' where id = $1", [endpointId]);
  expect(await eraseDeletedEndpoint(pool, encryption)).toBe(true);
  expect((await shown(api, `/deliveries/${id}`)).attempts).toEqual(answer.json().attempts);
  expect((await api.call("GET", `/deliveries/${id}/attempts/1/request`)).statusCode).toBe(404);
});

test("a failure stays listed until a retry, which delivers the event once the receiver works again", async ({
  api,
  receiver,
}) => {
  const { pool, provider } = api;
  const url = `${receiver.url}?token=s3cret`;
  const endpointId = await buildEndpoint(pool, { providerId: provider.id, url, retryWaitsSeconds: [] });
  receiver.answer(500);
  await using _engine = await startTestEngine(pool);
  const [id] = await recordNow(pool, { providerId: provider.id });

  const [failure] = await until(async () => {
    const { data } = await shown(api, "/failures");
    return data.length === 1 && data;
  });
  expect(failure).toMatchObject({ id, endpoint_id: endpointId, error: "Answered 500", attempts_made: 1 });
  expect(failure.url_masked).toBe(`${receiver.url}?token=…`);
  expect(await shown(api, "/failures/count")).toMatchObject({ count: 1 });

  receiver.answer(200);
  const elsewhere = await api.call("POST", `/failures/retry?endpoint_id=${endpointId + 1}`);
  expect(elsewhere.json(), "a filter in the query applies, too").toEqual({ retried: 0 });
  const retried = await api.call("POST", "/failures/retry", { payload: { ids: [id] } });
  expect(retried.json()).toEqual({ retried: 1 });
  await until(async () => (await shown(api, `/deliveries/${id}.${endpointId}`)).state === "delivered");
  expect(await shown(api, "/failures/count")).toMatchObject({ count: 0 });
});

test("a delivery names the delivery before it in its ordering key and counts those behind it", async ({ api }) => {
  const { pool, provider } = api;
  const endpointId = await buildEndpoint(pool, {
    providerId: provider.id,
    url: "http://127.0.0.1:9/",
    ordering: "account",
  });
  const ids = await recordNow(pool, { providerId: provider.id }, [anEvent(), anEvent(), anEvent()]);
  const [first, second, third] = ids.map((id) => `${id}.${endpointId}`);

  const readNeighbours = async () => {
    const all = await Promise.all([first, second, third].map((id) => shown(api, `/deliveries/${id}`)));
    return all.map(({ waits_for, holds_up }) => [waits_for, holds_up]);
  };
  expect(await readNeighbours()).toEqual([
    [null, 2],
    [first, 0],
    [first, 0],
  ]);
  await api.call("POST", `/deliveries/${first}/skip`);
  expect(await readNeighbours()).toEqual([
    [null, 0],
    [null, 1],
    [second, 0],
  ]);
});

test("only a pending delivery can be cancelled", async ({ api }) => {
  const { pool, provider } = api;
  const endpointId = await buildEndpoint(pool, { providerId: provider.id, url: "http://127.0.0.1:9/" });
  const [id] = await recordNow(pool, { providerId: provider.id });
  const cancel = () => api.call("POST", `/deliveries/${id}.${endpointId}/cancel`);
  expect((await cancel()).json()).toMatchObject({ state: "cancelled" });
  expect([(await cancel()).statusCode, (await cancel()).json().code]).toEqual([409, "conflict"]);
  const retried = await api.call("POST", `/deliveries/${id}.${endpointId}/retry`);
  expect(retried.json()).toMatchObject({ state: "pending" });
});

test("following events by cursor returns each event once, including late commits, with any filter", async ({ api }) => {
  const { pool, provider } = api;
  const follow = async (after: string | null, filters = "") => {
    const page = await shown(api, `/events?order=oldest&limit=2${after === null ? "" : `&after=${after}`}${filters}`);
    return { ids: page.data.map(({ id }: { id: string }) => id), next: String(page.next) };
  };
  // Feeds may stop for a moment at a transaction of another test's database that has just ended.
  const followTo = async (count: number, after: string | null, filters = "") => {
    const read = { ids: new Array<string>(), next: after };
    await until(async () => {
      const { ids, next } = await follow(read.next, filters);
      read.ids.push(...ids);
      read.next = next;
      return read.ids.length >= count;
    });
    return read;
  };
  const inAccount = (accountId: number) => anEvent({ accountId });
  const empty = await follow(null);
  expect(empty.ids).toEqual([]);

  const mayCommit = Promise.withResolvers<void>();
  const hasRecorded = Promise.withResolvers<string>();
  const late = pool.inTransaction(async (tx) => {
    const [recorded] = await recordIn(tx, { providerId: provider.id }, [inAccount(1)]);
    hasRecorded.resolve(recorded?.id ?? "");
    await mayCommit.promise;
  });
  const lateId = await hasRecorded.promise;
  const [quickId] = await recordNow(pool, { providerId: provider.id }, [inAccount(2)]);
  const early = await follow(empty.next);
  expect(early).toEqual(empty);
  mayCommit.resolve();
  await late;
  await feedsAreComplete(pool);

  const both = await followTo(2, early.next);
  expect(both.ids).toEqual([lateId, quickId]);
  expect(await follow(both.next)).toEqual({ ids: [], next: both.next });
  const more = await recordNow(pool, { providerId: provider.id }, [inAccount(2), inAccount(2), inAccount(1)]);
  await feedsAreComplete(pool);
  // Those of one transaction come by their numbers, which are 2, 3 and 2.
  expect((await followTo(3, both.next)).ids).toEqual([more[0], more[2], more[1]]);
  expect((await followTo(2, null, "&account_id=1")).ids).toEqual([lateId, more[2]]);
  expect((await follow(null, "&account_id=1&until=2026-01-01T00:00:00Z")).ids).toEqual([]);
});

test("a program that begins now follows what is recorded from then on, without `since`", async ({ api }) => {
  const { pool, provider } = api;
  const record = () => recordNow(pool, { providerId: provider.id });
  const follow = async (query: string) => shown(api, `/events?order=oldest${query}`);
  await record();
  await feedsAreComplete(pool);

  const late = Promise.withResolvers<void>();
  const hasRecorded = Promise.withResolvers<string>();
  const writer = pool.inTransaction(async (tx) => {
    const [recorded] = await recordIn(tx, { providerId: provider.id }, [anEvent({ accountId: 7 })]);
    hasRecorded.resolve(recorded?.id ?? "");
    await late.promise;
  });
  const lateId = await hasRecorded.promise;
  const now = await follow("&since=2100-01-01T00:00:00Z");
  expect(now.data).toEqual([]);
  late.resolve();
  await writer;
  const [quickId] = await record();
  await feedsAreComplete(pool);

  expect((await follow(`&after=${now.next}`)).data.map(({ id }: { id: string }) => id)).toEqual([lateId, quickId]);
  const earlier = await follow("&until=2000-01-01T00:00:00Z");
  expect((await follow(`&after=${earlier.next}`)).data).toHaveLength(3);
});

test("a program whose filter matches rarely reads no event twice, and receives a late commit", async ({ api }) => {
  const { pool, provider } = api;
  const follow = async (query: string) => {
    const { data, next } = await shown(api, `/events?order=oldest${query}`);
    return { ids: data.map(({ id }: { readonly id: string }) => id), next: String(next) };
  };
  const ofAccount = (accountId: number) => recordNow(pool, { providerId: provider.id }, [anEvent({ accountId })]);
  await ofAccount(1);
  await feedsAreComplete(pool);
  const begun = await follow("&account_id=1");
  expect(begun.ids).toHaveLength(1);

  const [passedId] = await ofAccount(2);
  await feedsAreComplete(pool);
  const mayCommit = Promise.withResolvers<void>();
  const hasRecorded = Promise.withResolvers<string>();
  const late = pool.inTransaction(async (tx) => {
    const [recorded] = await recordIn(tx, { providerId: provider.id }, [anEvent({ accountId: 1 })]);
    hasRecorded.resolve(recorded?.id ?? "");
    await mayCommit.promise;
  });
  const lateId = await hasRecorded.promise;
  const [quickId] = await ofAccount(2);
  expect((await follow(`&after=${begun.next}`)).ids).toEqual([passedId]); // without the filter
  const passed = await follow(`&account_id=1&after=${begun.next}`);
  expect(passed.ids).toEqual([]);
  expect((await follow(`&after=${passed.next}`)).ids).toEqual([]);
  const bounded = await follow(`&account_id=1&until=2100-01-01T00:00:00Z&after=${begun.next}`);
  expect(bounded).toEqual({ ids: [], next: begun.next });
  mayCommit.resolve();
  await late;
  await feedsAreComplete(pool);

  expect((await follow(`&account_id=1&after=${passed.next}`)).ids).toEqual([lateId]);
  expect((await follow(`&after=${passed.next}`)).ids).toEqual([lateId, quickId]);
});

test("a cursor does not reveal transaction numbers, and is rejected for another provider", async ({
  api,
  otherApi,
}) => {
  const { pool, provider } = api;
  await recordNow(pool, { providerId: provider.id });
  await feedsAreComplete(pool);
  const read = async (): Promise<string> => (await shown(api, "/events?order=oldest")).next;
  const [cursor, again] = [await read(), await read()];
  const [row] = await pool.query<{ number: number }>("select max(recorded_in) as number from events");
  expect(cursor).not.toContain(String(row?.number));
  expect(Buffer.from(cursor, "base64url").toString("latin1")).not.toContain(String(row?.number));
  expect(again).not.toBe(cursor);
  expect(await shown(api, `/events?order=oldest&after=${again}`)).toEqual({
    data: [],
    next: again,
    searched_until: null,
  });
  expect((await otherApi.call("GET", `/events?order=oldest&after=${cursor}`)).statusCode).toBe(422);
});

test.for([
  "/events?limit=201",
  "/events?after=nonsense",
  "/events?order=latest",
  "/events?order=oldest&after=01a20ef4-52d3-7000-881c-246026f0b970",
  "/events?order=oldest&after=7~01a20ef4-52d3-7000-881c-246026f0b970",
  "/events?order=newest&after=7~01a20ef4-52d3-7000-881c-246026f0b970",
  "/events?since=yesterday",
  "/deliveries?state=lost",
  "/failures?ids=x",
  "/failures?after=x",
])("an invalid filter is rejected: %s", async (path, { api }) => {
  expect((await api.call("GET", path)).statusCode).toBe(422);
});

test("sending, retrying, cancelling and deleting create audit records with the actor", async ({ api }) => {
  const { pool, provider } = api;
  const endpointId = await buildEndpoint(pool, { providerId: provider.id, url: "http://127.0.0.1:9/", eventTypes: [] });
  const [id] = await recordNow(pool, { providerId: provider.id });
  await api.call("POST", `/events/${id}/send`, { payload: { endpoint_id: endpointId } });
  await api.call("POST", `/deliveries/${id}.${endpointId}/cancel`);
  await api.call("POST", `/deliveries/${id}.${endpointId}/cancel`);
  await api.call("POST", `/deliveries/${id}.${endpointId}/retry`);
  await api.call("POST", "/failures/retry", { payload: { all: true } });
  await api.call("DELETE", "/failures?all=true");
  const { id: binId } = (await api.call("POST", "/bins")).json();
  await api.call("DELETE", `/bins/${binId}`);

  const records = await pool.query<{ action: string }>(
    "select action, actor_kind from audit_records where provider_id = $1 and actor_id is not null order by id",
    [provider.id],
  );
  const actions = ["event.sent", "delivery.cancelled", "delivery.retried", "failures.retried", "failures.deleted"];
  expect(records).toEqual([...actions, "bin.created", "bin.deleted"].map((action) => ({ action, actorKind: "token" })));
});

test("the list of event types is complete, with switches, labels and samples", async ({ api }) => {
  const { data } = await shown(api, "/event_types");
  expect(data.map(({ type }: { type: string }) => type)).toEqual(eventTypes);
  expect(data.at(-1)).toMatchObject({ type: "deliveries.exhausted", switch: null, group: "Operations" });
  expect(data[2]).toEqual({
    type: "account.plan_changed",
    switch: "account_plan_changed_on",
    label: "Account Plan changed",
    group: "Accounts",
    interfaces: expect.arrayContaining(["admin_portal"]),
  });
  const xml = await api.call("GET", "/event_types/user.created/sample");
  expect(xml.headers["content-type"]).toContain("application/xml");
  expect(xml.body).toContain("<event><action>created</action><type>user</type>");
  const json = await api.call("GET", "/event_types/user.created/sample?format=json");
  expect(json.json()).toMatchObject({ type: "user.created" });
});
