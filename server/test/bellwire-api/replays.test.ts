import { expect } from "vitest";
import { workOnJob } from "#webhooks/jobs/index.ts";
import { anEvent, buildEndpoint, finishReplays, recordNow } from "../support/build-webhooks.ts";
import { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { type BellwireApi, test as base } from "./bellwire-api-test.ts";

const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();
const minuteMs = 60_000;

/** The API's clock is ahead of the recorded events, which carry the real time. */
const test = base.extend("fileClock", { scope: "file" }, () => new HandDrivenClock(fromNow(minuteMs)));

/** Creates an endpoint after two events. */
async function createLateEndpoint({ pool, provider }: BellwireApi): Promise<number> {
  await recordNow(pool, { providerId: provider.id }, [anEvent(), anEvent({ type: "user.created" })]);
  return buildEndpoint(pool, { providerId: provider.id, url: "http://127.0.0.1:9/" });
}

const startReplay = (api: BellwireApi, payload: object) =>
  api.call("POST", "/replays", { payload: { since: fromNow(-minuteMs), only: "missing", ...payload } });

test("a dry run returns the counts and sends nothing", async ({ api }) => {
  const endpoint_id = await createLateEndpoint(api);
  const answer = await startReplay(api, { endpoint_id, event_types: ["user.created"], dry_run: true });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({
    dry_run: true,
    endpoint_id,
    since: expect.any(String),
    until: expect.any(String),
    event_types: ["user.created"],
    only: "missing",
    counts: { failed: 0, missing: 1, delivered: 0, given_up: 0, total: 1 },
  });
  expect((await api.call("GET", "/replays")).json()).toEqual({ data: [], next: null });
  expect((await api.call("GET", "/deliveries")).json().data).toEqual([]);
});

test("a replay reports its progress, sends the missing events and creates an audit record", async ({ api }) => {
  const endpoint_id = await createLateEndpoint(api);
  const answer = await startReplay(api, { endpoint_id });
  expect(answer.statusCode).toBe(201);
  const started = answer.json();
  expect(answer.headers.location).toBe(`/api/v1/replays/${started.id}`);
  expect(started).toMatchObject({
    endpoint_id,
    only: "missing",
    event_types: null,
    state: "running",
    finished_at: null,
  });
  expect(started).toMatchObject({ progress: 0, counts: { total: 0 } });

  await finishReplays(api.pool); // includes those of other tests
  const ended = (await api.call("GET", `/replays/${started.id}`)).json();
  expect(ended).toMatchObject({ state: "done", progress: 1, counts: { missing: 2, total: 2 } });
  expect(ended.finished_at).not.toBeNull();
  expect((await api.call("GET", "/deliveries?state=pending")).json().data).toHaveLength(2);
  expect((await api.call("GET", `/replays?endpoint_id=${endpoint_id}`)).json().data).toEqual([ended]);
  const audit = await api.pool.query(`select action, subject from audit_records where provider_id = $1`, [
    api.provider.id,
  ]);
  expect(audit).toContainEqual({ action: "replay.started", subject: `endpoint/${endpoint_id}` });
});

test("an endpoint has at most one running replay, which can be cancelled", async ({ api }) => {
  const endpoint_id = await createLateEndpoint(api);
  const { id } = (await startReplay(api, { endpoint_id })).json();
  const second = await startReplay(api, { endpoint_id });
  expect([second.statusCode, second.json().title]).toEqual([409, "Another replay of this endpoint is running."]);

  expect((await api.call("POST", `/replays/${id}/cancel`)).json()).toMatchObject({ id, state: "cancelled" });
  expect((await api.call("POST", `/replays/${id}/cancel`)).statusCode).toBe(409);
  await finishReplays(api.pool); // includes those of other tests
  expect((await api.call("GET", "/deliveries")).json().data).toEqual([]);
  expect((await startReplay(api, { endpoint_id })).statusCode).toBe(201);
});

test.for([
  [{ endpoint_id: 999_999_999 }, { endpoint_id: ["is no endpoint of yours"] }],
  [{ only: "some" }, { only: ["must be one of failed, missing, all"] }],
  [{ since: fromNow(0), until: fromNow(-minuteMs) }, { since: ["must be before `until`, and in the past"] }],
  [{ since: fromNow(2 * minuteMs), until: fromNow(3 * minuteMs) }, { since: [expect.stringContaining("in the past")] }],
  [{ since: "yesterday" }, { since: [expect.any(String)] }],
  [{ event_types: ["user.born"] }, { "event_types.0": [expect.any(String)] }],
  [{ speed: 1 }, { speed: ["is not known"] }],
] as const)("invalid values are rejected with errors by field: %j", async ([payload, errors], { api }) => {
  const answer = await startReplay(api, { endpoint_id: await createLateEndpoint(api), ...payload });
  expect(answer.statusCode).toBe(422);
  expect(answer.json().errors).toMatchObject(errors);
});

interface Resending {
  readonly eventId: string;
  /** The endpoint whose delivery is selected. */
  readonly from: number;
  readonly to: number;
}

/** Sends an event in each way to an endpoint that did not receive it, and returns how many deliveries each counts, or why it is refused. */
async function resend(api: BellwireApi, { eventId, from, to }: Resending) {
  const preview = await startReplay(api, { endpoint_id: to, dry_run: true });
  const payload = { kind: "replay", ids: [`${eventId}.${from}`], endpoint_id: to };
  const { id } = (await api.call("POST", "/jobs", { payload })).json();
  while (await workOnJob(api.pool));
  const job = (await api.call("GET", `/jobs/${id}`)).json();
  const alone = await api.call("POST", `/events/${eventId}/send`, { payload: { endpoint_id: to } });
  const error = alone.json().errors?.endpoint_id;
  return {
    replay: preview.json().counts.missing,
    job: job.done,
    skipped: job.skipped,
    alone: error ?? alone.json().state,
  };
}

test("an endpoint gets no event about itself, and 3scale's webhook none about endpoints, however they are resent", async ({
  api,
}) => {
  const event_types = ["endpoint.degraded"];
  const create = async (settings: object): Promise<number> => {
    const payload = { url: "https://93.184.215.14/", state: "paused", ...settings };
    return (await api.call("POST", "/endpoints", { payload })).json().id;
  };
  const from = await create({ name: "all", format: "json", event_types });
  const itself = await create({ name: "itself", format: "json" });
  const about = anEvent({ type: "endpoint.degraded", objectId: itself, accountId: 0 });
  const [eventId = ""] = await recordNow(api.pool, { providerId: api.provider.id }, [about]);
  await api.call("PATCH", `/endpoints/${itself}`, { payload: { event_types } });

  const never = { replay: 0, job: 0, skipped: 1 };
  expect(await resend(api, { eventId, from, to: itself })).toEqual({
    ...never,
    alone: ["is the endpoint that the event is about, and gets no event about itself"],
  });
  expect(await resend(api, { eventId, from, to: await create({ name: "default" }) })).toEqual({
    ...never,
    alone: ["is 3scale's webhook, which gets no such event"],
  });
  const chat = await create({ name: "chat", format: "chat" });
  expect(await resend(api, { eventId, from, to: chat })).toEqual({ replay: 1, job: 1, skipped: 0, alone: "pending" });
  expect((await api.call("GET", `/deliveries/${eventId}.${chat}`)).json().body).toContain("Endpoint degraded: ");
});
