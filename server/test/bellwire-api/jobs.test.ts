import { expect } from "vitest";
import { queryRow } from "#platform/database/database.ts";
import { readResult, workOnJob } from "#webhooks/jobs/index.ts";
import { buildHistory } from "../search/build-history.ts";
import { fail } from "../support/build-failures.ts";
import { anEvent, buildEndpoint, recordNow } from "../support/build-webhooks.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { until } from "../support/until.ts";
import { type BellwireApi, createBellwireApi, openBellwireApi, test } from "./bellwire-api-test.ts";

const url = "http://127.0.0.1:9/";
const dayMs = 86_400_000;

interface Failed {
  readonly endpointId: number;
  readonly eventIds: readonly string[];
}

async function buildFailures({ pool, provider }: BellwireApi, name: string, count: number): Promise<Failed> {
  const endpointId = await buildEndpoint(pool, { providerId: provider.id, url, name });
  const events = Array.from({ length: count }, () => anEvent());
  const eventIds = await recordNow(pool, { providerId: provider.id }, events);
  await fail(pool, provider.id, "an hour ago");
  return { endpointId, eventIds };
}

const post = async (api: BellwireApi, path: string, payload: object = {}) => {
  const answer = await api.call("POST", path, { payload });
  return { status: answer.statusCode, body: answer.json(), location: answer.headers.location };
};

const finish = async ({ pool }: BellwireApi): Promise<void> => {
  while (await workOnJob(pool));
};

test("a job applies to the number of rows that its dry run returned, with an audit record", async ({ api }) => {
  const { endpointId } = await buildFailures(api, "one", 3);
  await buildFailures(api, "two", 2); // of both endpoints
  const job = { kind: "retry", of: "failures", filter: { endpoint_id: [endpointId] } };
  expect(await post(api, "/jobs", { ...job, dry_run: true })).toMatchObject({
    status: 200,
    body: { dry_run: true, total: 5 },
  });
  const started = await post(api, "/jobs", job);
  expect(started).toMatchObject({
    status: 201,
    body: { state: "running", total: 5, done: 0, selection: { filter: job.filter } },
  });
  expect(started.location).toBe(`/api/v1/jobs/${started.body.id}`);
  await finish(api);
  expect((await api.call("GET", `/jobs/${started.body.id}`)).json()).toMatchObject({
    state: "done",
    done: 5,
    skipped: 0,
  });
  expect((await api.call("GET", "/failures/count")).json()).toEqual({ count: 2, muted: 0, has_more: false });
  const [audit] = (await api.call("GET", "/audit_records")).json().data;
  expect(audit).toMatchObject({ action: "job.started", detail: { kind: "retry", total: 5 } });
});

test("a job that the database is too full for is refused with its error, not as a selection that is too large", async ({
  database,
  owner,
  clock,
}) => {
  const { http, close } = openBellwireApi(database, clock);
  const api = await createBellwireApi(database, http, clock.now());
  await buildFailures(api, "one", 1);
  await owner.query(`create function bellwire.refuse() returns trigger language plpgsql as
    $$begin raise exception 'could not extend file' using errcode = '53100'; end$$`);
  await owner.query("create trigger full_disk before insert on bellwire.job_chunks execute function bellwire.refuse()");

  const refused = await post(api, "/jobs", { kind: "retry", of: "failures", filter: {} });

  expect(refused).toMatchObject({ status: 503, body: { code: "database-full" } });
  expect((await api.call("GET", "/jobs")).json()).toMatchObject({ data: [] });
  await close();
});

test("a provider's selections run one at a time, wait for no other provider's, and are refused beyond the queue", async ({
  database,
  owner,
  clock,
}) => {
  const { http, close } = openBellwireApi(database, clock);
  const [api, other] = [
    await createBellwireApi(database, http, clock.now()),
    await createBellwireApi(database, http, clock.now()),
  ];
  for (const { pool, provider } of [api, other]) await recordNow(pool, { providerId: provider.id });
  const job = { kind: "export", of: "events", filter: {} };
  const counted = (): Promise<{ api: number; other: number }> =>
    queryRow(
      owner,
      `select count(*) filter (where provider_id = $1) as api, count(*) filter (where provider_id = $2) as other
       from bellwire.jobs`,
      [api.provider.id, other.provider.id],
    );

  const answers = await owner.inTransaction(async (tx) => {
    // Keeps a selection from being stored.
    await tx.query("lock table bellwire.job_chunks in exclusive mode");
    const ofProvider = Array.from({ length: 22 }, () => post(api, "/jobs", job));
    const ofOther = post(other, "/jobs", job);
    await until(async () => (await counted()).other === 1);
    expect(await counted()).toEqual({ api: 1, other: 1 });
    return [...ofProvider, ofOther];
  });

  const refused = (await Promise.all(answers)).filter(({ status }) => status !== 201);
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual([[503, "too-busy"]]);
  expect(await counted()).toEqual({ api: 21, other: 1 });
  await close();
});

test("a replay sends the event of several selected deliveries once", async ({ api }) => {
  await buildEndpoint(api.pool, { providerId: api.provider.id, url, name: "one" });
  await buildFailures(api, "two", 3);
  const endpointId = await buildEndpoint(api.pool, { providerId: api.provider.id, url, name: "mirror" });
  const { data } = (await api.call("GET", "/deliveries")).json();
  for (const selection of [
    { of: "failures", filter: {} },
    { ids: data.map(({ id }: { readonly id: string }) => id) },
  ]) {
    const job = { kind: "replay", ...selection };
    expect((await post(api, "/jobs", { ...job, dry_run: true })).body).toMatchObject({ total: 3 });
    const { body } = await post(api, "/jobs", { ...job, endpoint_id: endpointId });
    await finish(api);
    expect((await api.call("GET", `/jobs/${body.id}`)).json()).toMatchObject({ total: 3, done: 3, skipped: 0 });
    await api.pool.query("delete from due where endpoint_id = $1", [endpointId]);
  }
});

/** Returns the keys of a list's rows, from all its pages. */
async function listedKeys(api: BellwireApi, list: string, filter: object): Promise<string[]> {
  const query = Object.entries(filter).flatMap(([name, value]) => [value].flat().map((each) => [name, String(each)]));
  const keys: string[] = [];
  for (let after: string | null = ""; after !== null;) {
    const parameters = new URLSearchParams([...query, ["limit", "20"], ...(after ? [["after", after]] : [])]);
    const { data, next } = (await api.call("GET", `/${list}?${parameters.toString()}`)).json();
    keys.push(...data.map(({ id }: { readonly id: string }) => id));
    after = next;
  }
  return keys;
}

const selectedKeys = `
  select chosen.event_id || case when chosen.endpoint_id = 0 then '' else '.' || chosen.endpoint_id end as key
  from job_chunks, unnest(event_ids, endpoint_ids) with ordinality chosen (event_id, endpoint_id, nth)
  where provider_id = $1 and job_id = $2
  order by number, nth`;

test("a job applies to exactly the rows of the list with its filter", async ({ api }) => {
  const { endpointIds, events } = await buildHistory(api.pool, { providerId: api.provider.id });
  const hourMs = 3_600_000;
  const filters = [
    {},
    { state: ["failed", "cancelled"] },
    { endpoint_id: endpointIds.slice(1), event_type: ["account.*"] },
    { status: ["5xx", "404"], attempts_min: 2 },
    { error_class: ["timeout", "tls"], since: "-6d" },
    { account: "harbour", until: new Date(Date.now() - 100 * hourMs).toISOString() },
    { actor: "developer:21", latency_min: 50 },
    { channel: ["api"], q: "quay" },
    { object_id: 501 },
    { event_id: events.slice(3, 40).map(({ eventId }) => eventId) },
    { payload: "data.account.org_name = Harbour & Sons" },
  ];
  for (const list of ["deliveries", "events"]) {
    for (const filter of filters) {
      const listed = await listedKeys(api, list, filter);
      expect(listed.length, JSON.stringify({ list, filter })).toBeGreaterThan(0);
      const job = { kind: "export", of: list, filter };
      const counted = await post(api, "/jobs", { ...job, dry_run: true });
      const { body: started } = await post(api, "/jobs", job);
      const keys = await api.pool.query<{ key: string }>(selectedKeys, [api.provider.id, started.id]);
      expect({ list, filter, keys: keys.map(({ key }) => key) }).toEqual({ list, filter, keys: listed });
      expect([counted.body.total, started.total]).toEqual([listed.length, listed.length]);
      expect((await post(api, `/jobs/${started.id}/cancel`)).status).toBe(200);
    }
  }
});

test("the times of a job's filter are those of its creation", async ({ api, clock }) => {
  await buildFailures(api, "one", 1);
  const { body } = await post(api, "/jobs", { kind: "export", filter: { since: "-1d", state: ["failed"] } });
  const since = new Date(clock.now().getTime() - dayMs).toISOString();
  expect(body.selection).toEqual({ filter: { since, state: ["failed"] } });
});

test("failures of one endpoint are selected by the time at which they failed", async ({ api }) => {
  const { endpointId } = await buildFailures(api, "one", 3);
  const totalOf = async (from: number, to: number): Promise<unknown> => {
    const times = { since: new Date(from).toISOString(), until: new Date(to).toISOString() };
    const filter = { endpoint_id: [endpointId], ...times };
    return (await post(api, "/jobs", { kind: "retry", of: "failures", filter, dry_run: true })).body.total;
  };
  const now = Date.now();
  expect(await totalOf(now - dayMs, now)).toBe(3);
  expect(await totalOf(now - 2 * dayMs, now - dayMs)).toBe(0);
});

test.for([
  [{ kind: "retry" }, "filter"],
  [{ kind: "retry", filter: {}, ids: ["019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33.1"] }, "filter"],
  [{ kind: "retry", ids: ["none"] }, "ids"],
  [{ kind: "cancel", of: "failures", filter: {} }, "of"],
  [{ kind: "retry", filter: { endpont_id: 7 } }, "filter.endpont_id"],
  [{ kind: "retry", of: "failures", filter: { state: ["failed"] } }, "filter.state"],
  [{ kind: "retry", filter: { group: "0".repeat(24) } }, "filter.group"],
  [{ kind: "retry", filter: { since: "yesterday" } }, "filter.since"],
  [{ kind: "replay", filter: {} }, "endpoint_id"],
  [{ kind: "replay", filter: {}, endpoint_id: 999 }, "endpoint_id"],
  [{ kind: "retry", filter: {}, format: "csv" }, "format"],
  [{ kind: "retry", filter: {}, endpoint_id: 1 }, "endpoint_id"],
] as const)("an ambiguous or invalid selection is rejected: %j", async ([body, field], { api }) => {
  const { status, body: problem } = await post(api, "/jobs", body);
  expect([status, Object.keys(problem.errors)]).toEqual([422, [field]]);
});

test("an export is downloaded once it has ended, unless it was cancelled", async ({ api }) => {
  const { endpointId, eventIds } = await buildFailures(api, "one", 2);
  const filter = { endpoint_id: [endpointId] };
  const request = { kind: "export", filter, format: "ndjson" };
  const [{ body: job }, { body: cancelled }] = [await post(api, "/jobs", request), await post(api, "/jobs", request)];
  await post(api, `/jobs/${cancelled.id}/cancel`);
  const refusals = await Promise.all([job, cancelled].map(({ id }) => api.call("GET", `/jobs/${id}/result`)));
  expect(refusals.map((refusal) => [refusal.statusCode, refusal.json().title])).toEqual([
    [409, "The export has not ended."],
    [409, "The export was cancelled, so it has no result."],
  ]);
  await finish(api);
  const result = await api.call("GET", `/jobs/${job.id}/result`);
  expect(result.headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
  expect(result.headers["content-disposition"]).toMatch(/^attachment; filename="deliveries-.*\.ndjson"$/);
  const lines = result.body.split("\n").slice(0, -1);
  expect(lines.map((line) => JSON.parse(line).event_id)).toEqual([...eventIds].toReversed());

  expect((await api.call("DELETE", `/jobs/${job.id}`)).statusCode).toBe(204);
  expect((await api.call("GET", `/jobs/${job.id}`)).statusCode).toBe(404);
});

test("a large part of an export is read four mebibytes at a time", async ({ api }) => {
  const { endpointId } = await buildFailures(api, "one", 2);
  const filter = { endpoint_id: [endpointId] };
  const { body: job } = await post(api, "/jobs", { kind: "export", filter, format: "ndjson" });
  await finish(api);
  const large = Buffer.alloc(9 * 1024 * 1024, "0123456789");
  await api.pool.query("update job_chunks set content = $2 where job_id = $1", [job.id, large]);
  const parts: Buffer[] = [];
  for await (const part of readResult(api.pool, { providerId: api.provider.id, id: job.id })) parts.push(part);
  expect(parts.map(({ length }) => length / 1024 / 1024)).toEqual([4, 4, 1]);
  expect(Buffer.concat(parts).equals(large)).toBe(true);
});

test("events, failures and attempts can be exported", async ({ api }) => {
  await buildFailures(api, "one", 2);
  await api.pool.query(
    `insert into attempts (provider_id, event_id, endpoint_id, number, at, status, error, latency_ms)
     select provider_id, event_id, endpoint_id, 1, now(), 500, error, 12 from failures where provider_id = $1`,
    [api.provider.id],
  );
  for (const [of, first] of [
    ["events", "id,type,object_id,account_id,account_name,sequence,actor_kind"],
    ["failures", "id,event_id,event_type,object_id,account_id"],
    ["attempts", "delivery_id,event_id,event_type,account_id,account_name"],
  ] as const) {
    const { body: job } = await post(api, "/jobs", { kind: "export", of, filter: {} });
    await finish(api);
    const { body } = await api.call("GET", `/jobs/${job.id}/result`);
    const [header, ...lines] = body.split("\r\n");
    expect([of, header?.startsWith(first), lines.length]).toEqual([of, true, 3]);
    const marked = await api.call("GET", `/jobs/${job.id}/result?byte_order_mark=true`);
    expect(marked.body).toBe(`\uFEFF${body}`); // Excel reads UTF-8
  }
});

test("an export of attempts has exactly the attempts that match, or those with the given ids", async ({ api }) => {
  const { endpointId, eventIds } = await buildFailures(api, "one", 2);
  await api.pool.query(
    `insert into attempts (provider_id, event_id, endpoint_id, number, at, status, error, latency_ms)
     select provider_id, event_id, endpoint_id, number, now(), case number when 2 then 503 else 404 end, error, 12
     from failures, generate_series(1, 3) as number where provider_id = $1`,
    [api.provider.id],
  );
  const exported = async (selection: object): Promise<readonly (readonly [number, string])[]> => {
    const { body: job } = await post(api, "/jobs", {
      kind: "export",
      of: "attempts",
      format: "ndjson",
      ...selection,
    });
    await finish(api);
    const { body } = await api.call("GET", `/jobs/${job.id}/result`);
    const lines = body.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
    expect((await api.call("GET", `/jobs/${job.id}`)).json()).toMatchObject({ total: job.total, skipped: 0 });
    return lines.map(({ number, delivery_id: id }) => [number, id]);
  };
  const [older, newer] = eventIds.map((id) => `${id}.${endpointId}`);
  const filtered = { filter: { status: ["5xx"] } };
  expect(await exported(filtered)).toEqual([
    [2, newer],
    [2, older],
  ]);
  const preview = await post(api, "/jobs", { kind: "export", of: "attempts", dry_run: true, ...filtered });
  expect(preview.body).toMatchObject({ total: 2 });
  expect(await exported({ ids: [`${older}.3`, `${newer}.1`] })).toEqual([
    [1, newer],
    [3, older],
  ]);
  expect(await exported({ ids: [older] })).toEqual([1, 2, 3].map((number) => [number, older]));
  const refused = await post(api, "/jobs", { kind: "export", of: "attempts", ids: [`${older}.0`] });
  expect([refused.status, Object.keys(refused.body.errors)]).toEqual([422, ["ids"]]);
});

test("a job can be cancelled only by its provider", async ({ api, otherApi }) => {
  const { endpointId, eventIds } = await buildFailures(api, "one", 1);
  const { body: job } = await post(api, "/jobs", { kind: "retry", ids: [`${eventIds[0]}.${endpointId}`] });
  expect((await post(otherApi, `/jobs/${job.id}/cancel`)).status).toBe(404);
  expect((await api.call("DELETE", `/jobs/${job.id}`)).statusCode).toBe(409);
  expect((await post(api, `/jobs/${job.id}/cancel`)).body).toMatchObject({ state: "cancelled" });
  expect((await post(api, `/jobs/${job.id}/cancel`)).status).toBe(409);
});

test("failures are grouped by cause, and muted groups are counted separately", async ({ api, otherApi }) => {
  const { endpointId, eventIds } = await buildFailures(api, "one", 4);
  await buildFailures(otherApi, "one", 1);
  const errors = ["No complete answer within 60 s", "No complete answer within 30 s", "Answered 503", "Answered 503"];
  for (const [at, error] of errors.entries()) {
    await api.pool.query(`update failures set error = $2 where event_id = $1`, [eventIds[at], error]);
  }
  const isEarlier = "update failures set failed_at = failed_at - interval '1 hour' where event_id = $1"; // its event is the newest
  await api.pool.query(isEarlier, [eventIds[1]]);
  const groups = async () => (await api.call("GET", "/failures/groups")).json().data;
  const [first, second] = await groups();
  expect(await groups()).toMatchObject([{ count: 2 }, { count: 2 }]);
  const timeouts = first.error_class === "timeout" ? first : second;
  expect(timeouts).toMatchObject({
    endpoint_id: endpointId,
    status: null,
    message: "No complete answer within <n> s",
    newest: { delivery_id: `${eventIds[1]}.${endpointId}` },
    mute: null,
  });

  const mutedUntil = new Date(Date.now() + dayMs).toISOString();
  const muted = await api.call("POST", `/failures/groups/${timeouts.id}/mute`, { payload: { until: mutedUntil } });
  expect(muted.json()).toEqual({ until: mutedUntil });
  expect((await api.call("GET", "/failures/count")).json()).toEqual({ count: 4, muted: 2, has_more: false });
  expect((await otherApi.call("GET", "/failures/count")).json()).toEqual({ count: 1, muted: 0, has_more: false });
  const [others] = (await otherApi.call("GET", "/failures/groups")).json().data;
  await otherApi.call("POST", `/failures/groups/${others.id}/mute`, { payload: {} });
  expect((await api.call("DELETE", `/failures/groups/${others.id}/mute`)).statusCode).toBe(404);
  expect((await otherApi.call("GET", "/failures/count")).json()).toEqual({ count: 1, muted: 1, has_more: false });
  expect((await api.call("DELETE", `/failures/groups/${timeouts.id}/mute`)).statusCode).toBe(204);
  expect((await api.call("GET", "/failures/count")).json()).toEqual({ count: 4, muted: 0, has_more: false });

  const job = { kind: "retry", of: "failures", filter: { group: timeouts.id } };
  expect((await post(api, "/jobs", job)).body).toMatchObject({ total: 2 });
  await finish(api);
  expect(await groups()).toMatchObject([{ error_class: "5xx", status: 503, count: 2 }]);
});

test("a deletion of failures can be undone for a minute", async ({ api, otherApi }) => {
  await buildFailures(api, "one", 2);
  const deleted = (await api.call("DELETE", "/failures?all=true")).json();
  expect(deleted).toMatchObject({ deleted: 2, undo_until: expect.any(String) });
  const undo = `/failures/deletions/${deleted.deletion_id}/undo`;
  expect((await post(otherApi, undo)).status).toBe(409);
  expect(await post(api, undo)).toMatchObject({ status: 200, body: { restored: 2 } });
  expect((await api.call("GET", "/failures")).json().data).toHaveLength(2);

  const again = (await api.call("DELETE", "/failures?all=true")).json();
  await api.pool.query(`update failure_deletions set ends_at = now() where id = $1`, [again.deletion_id]);
  expect((await post(api, `/failures/deletions/${again.deletion_id}/undo`)).status).toBe(409);
});

test("an undone job says so, and a job that deleted none or was undone offers no undo", async ({ api }) => {
  await buildFailures(api, "one", 2);
  const run = async (): Promise<string> => {
    const { body } = await post(api, "/jobs", { kind: "delete_failures", filter: {} });
    await finish(api);
    return body.id;
  };
  const read = async (id: string) => (await api.call("GET", `/jobs/${id}`)).json();
  const id = await run();
  expect(await read(id)).toMatchObject({ done: 2, undo_until: expect.any(String), undone_at: null });
  expect(await read(await run())).toMatchObject({ done: 0, undo_until: null, undone_at: null });

  await post(api, `/failures/deletions/${id}/undo`);
  expect(await read(id)).toMatchObject({ done: 2, undo_until: null, undone_at: expect.any(String) });
});

test("an undo of a running job that deletes failures stops it", async ({ api }) => {
  await buildFailures(api, "one", 501);
  const { body: job } = await post(api, "/jobs", { kind: "delete_failures", filter: {} });
  // Jobs of other tests may come first.
  const hasBegun = async () => (await api.call("GET", `/jobs/${job.id}`)).json().done > 0;
  await until(async () => (await workOnJob(api.pool)) && hasBegun());
  expect((await api.call("GET", "/failures/count")).json()).toMatchObject({ count: 500 });
  expect((await post(api, `/failures/deletions/${job.id}/undo`)).body).toEqual({ restored: 1 });
  await finish(api);
  expect((await api.call("GET", `/jobs/${job.id}`)).json()).toMatchObject({ state: "cancelled", done: 1 });
  expect((await api.call("GET", "/failures/count")).json()).toMatchObject({ count: 501 });

  const { body: waiting } = await post(api, "/jobs", { kind: "delete_failures", filter: {} });
  expect((await post(api, `/failures/deletions/${waiting.id}/undo`)).body).toEqual({ restored: 0 });
  const { body: other } = await post(api, "/jobs", { kind: "retry", of: "failures", filter: {} });
  expect((await post(api, `/failures/deletions/${other.id}/undo`)).status).toBe(409);
  await finish(api);
  expect((await api.call("GET", `/jobs/${other.id}`)).json()).toMatchObject({ state: "done", done: 501 });
});

test("undoing an endpoint's deletion sends the deliveries held meanwhile", async ({ api, receiver }) => {
  await using _engine = await startTestEngine(api.pool);
  const endpointId = await buildEndpoint(api.pool, { providerId: api.provider.id, url: receiver.url, name: "crm" });
  await recordNow(api.pool, { providerId: api.provider.id });
  await until(() => receiver.received.length === 1);
  expect((await api.call("DELETE", `/endpoints/${endpointId}`)).statusCode).toBe(204);
  expect((await api.call("GET", `/endpoints/${endpointId}`)).statusCode).toBe(404);
  await recordNow(api.pool, { providerId: api.provider.id });

  expect(await post(api, `/endpoints/${endpointId}/undo_delete`)).toMatchObject({
    status: 200,
    body: { id: endpointId },
  });
  await until(() => receiver.received.length === 2);
  expect((await post(api, `/endpoints/${endpointId}/undo_delete`)).body.title).toBe("The endpoint is not deleted.");
});

test("undoing a skip returns a waiting delivery to its ordering key", async ({ api }) => {
  const { pool, provider } = api;
  const endpointId = await buildEndpoint(pool, { providerId: provider.id, url, name: "crm", ordering: "account" });
  const [first = "", second = ""] = await recordNow(pool, { providerId: provider.id }, [anEvent(), anEvent()]);
  await pool.query(`update due set due_at = now() + interval '1 hour' where event_id = $1`, [first]);
  const path = `/deliveries/${first}.${endpointId}`;
  const holdsUp = async (): Promise<unknown> => (await api.call("GET", path)).json().holds_up;
  expect(await holdsUp()).toBe(1);
  expect((await post(api, `${path}/undo_skip`)).status).toBe(409);
  await post(api, `${path}/skip`);
  expect(await holdsUp()).toBe(0);
  expect((await post(api, `${path}/undo_skip`)).status).toBe(200);
  expect(await holdsUp()).toBe(1);
  await post(api, `/deliveries/${second}.${endpointId}/skip`);
  expect((await post(api, `/deliveries/${second}.${endpointId}/undo_skip`)).body).toMatchObject({ status: 409 });
});
