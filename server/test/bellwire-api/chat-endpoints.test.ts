import { expect } from "vitest";
import { listFailures } from "#webhooks/deliveries/index.ts";
import { eraseDeletedEndpoint, readSigningSecrets } from "#webhooks/endpoints/index.ts";
import { operationalEventTypes } from "#webhooks/events/index.ts";
import { jobSubjects, workOnJob } from "#webhooks/jobs/index.ts";
import { anEvent, encryption, recordNow } from "../support/build-webhooks.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { until } from "../support/until.ts";
import { test } from "./bellwire-api-test.ts";

const slack = { name: "on-call", url: "https://93.184.215.14/services/T0/B0/s3cret", format: "chat" };
const shown = { url: "https://93.184.215.14/…", url_masked: "https://93.184.215.14/…" };

test("an endpoint for a chat program gets all alerts by default, in order, one a second", async ({ api }) => {
  const created = await api.call("POST", "/endpoints", { payload: slack });
  expect(created.json()).toMatchObject({
    ...shown,
    event_types: operationalEventTypes,
    ordering: "object",
    max_per_second: 1,
    success: "2xx",
  });
});

test.for<readonly [settings: object, errors: object]>([
  [{ event_types: ["*"] }, { event_types: ["must not contain *: chat programs get events about endpoints only"] }],
  [
    { event_types: ["endpoint.degraded", "account.created"] },
    { event_types: ["must not contain account.created: chat programs get events about endpoints only"] },
  ],
  [{ url: shown.url }, { url: ["Hides a secret behind …: enter the whole URL, or leave it as it was"] }],
  [{ name: "default" }, { format: ["must not be that of a chat program for 3scale's webhook"] }],
])("an endpoint for a chat program is not created with %j", async ([settings, errors], { api }) => {
  const answer = await api.call("POST", "/endpoints", { payload: { ...slack, ...settings } });
  expect([answer.statusCode, answer.json().errors]).toMatchObject([422, errors]);
});

test("an endpoint remains one for events, or for a chat program, because its history is masked accordingly", async ({
  api,
}) => {
  const change = async (payload: object, format: string) => {
    const { id } = (await api.call("POST", "/endpoints", { payload })).json();
    const answer = await api.call("PATCH", `/endpoints/${id}`, { payload: { format } });
    return answer.json().errors?.format ?? answer.statusCode;
  };
  const refused = ["can't change between events and messages to a chat program: create another endpoint"];
  expect(await change(slack, "json")).toEqual(refused);
  expect(await change({ name: "crm", url: "https://93.184.215.14/", format: "json" }, "chat-teams")).toEqual(refused);
  expect(await change({ ...slack, name: "other" }, "chat-discord")).toBe(200);
});

test("a chat program gets a sample, and no response or record shows its path", async ({ api, receiver }) => {
  const payload = { ...slack, url: `${receiver.url}/services/s3cret` };
  const created = await api.call("POST", "/endpoints", { payload });
  const { id } = created.json();
  const pinged = await api.call("POST", `/endpoints/${id}/ping`, { payload: {} });
  expect(pinged.json()).toMatchObject({ status: 200, request: { url: expect.stringMatching(/^http:.*\d\/…$/) } });
  expect(receiver.received).toMatchObject([
    { body: expect.stringContaining('{"text":"🔴 Endpoint degraded: `sample`') },
  ]);
  const changed = await api.call("PATCH", `/endpoints/${id}`, {
    payload: { url: `${receiver.url}/services/s3cret-2` },
  });
  const read = await api.call("GET", `/endpoints/${id}`);
  const audited = await api.call("GET", "/audit_records");
  for (const { body } of [created, pinged, changed, read, audited]) expect(body).not.toContain("s3cret");
  expect(audited.body).toContain("/…");
});

test("a request bin finds the secrets of an endpoint with a chat format, although its path is masked", async ({
  api,
}) => {
  const payload = { ...slack, url: "https://bellwire.test/bins/b1" };
  const { id } = (await api.call("POST", "/endpoints", { payload })).json();
  const bin = {
    providerId: api.provider.id,
    path: "/bins/b1",
    matches: ({ pathname }: URL) => pathname === "/bins/b1",
  };
  expect(await readSigningSecrets(api.pool, encryption, bin)).toMatchObject([{ endpointId: id }]);
});

test("failures, attempts and exports of a chat program show no path, even after its deletion", async ({
  api,
  receiver,
}) => {
  receiver.answer(500);
  await using _engine = await startTestEngine(api.pool);
  const payload = { ...slack, url: `${receiver.url}/services/s3cret`, retry_waits_seconds: [] };
  const { id } = (await api.call("POST", "/endpoints", { payload })).json();
  const [eventId] = await recordNow(api.pool, { providerId: api.provider.id }, [
    anEvent({ type: "endpoint.degraded", objectId: id + 1, accountId: 0 }),
  ]);
  const readFailures = async () => (await api.call("GET", `/failures?endpoint_id=${id}`)).json().data;
  await until(async () => (await readFailures()).length === 1);
  const isMasked = expect.stringMatching(/^http:[^s]*\/…$/);
  expect(await readFailures()).toMatchObject([{ url_masked: isMasked }]);
  const readDelivery = async () => (await api.call("GET", `/deliveries/${eventId}.${id}`)).json();
  expect(await readDelivery()).toMatchObject({
    body: expect.stringContaining(`https://bellwire.test/p/admin/endpoints/${id + 1}`),
    attempts: [{ status: 500, request: { url: isMasked } }],
  });
  for (const of of jobSubjects) {
    const job = await api.call("POST", "/jobs", { payload: { kind: "export", of, filter: {} } });
    while (await workOnJob(api.pool));
    const { body } = await api.call("GET", `/jobs/${job.json().id}/result`);
    expect(body).toContain(eventId);
    expect(body).not.toContain("s3cret");
  }

  await api.call("DELETE", `/endpoints/${id}`);
  await api.pool.query("update endpoints set deleted_at = now() - interval '1 hour' where id = $1", [id]);
  expect(await eraseDeletedEndpoint(api.pool, encryption)).toBe(true);
  const [failure] = await listFailures(api.pool, encryption, { providerId: api.provider.id });
  expect(failure?.url).toEqual(isMasked);
  expect(await readDelivery()).toMatchObject({ attempts: [{ request: { url: isMasked } }] });
});

test("the response of a chat program is stored and shown without the path of the request", async ({
  api,
  receiver,
}) => {
  receiver.answer((response, { path }) =>
    response.writeHead(301, { location: `https://chat.example${path}` }).end(`Cannot POST ${path}`),
  );
  await using _engine = await startTestEngine(api.pool);
  const payload = { ...slack, url: `${receiver.url}/services/s3cret?wait=true`, retry_waits_seconds: [] };
  const { id } = (await api.call("POST", "/endpoints", { payload })).json();
  const [eventId] = await recordNow(api.pool, { providerId: api.provider.id }, [
    anEvent({ type: "endpoint.degraded", objectId: id + 1, accountId: 0 }),
  ]);
  const masked = {
    response_headers: { location: "https://chat.example/…?wait=…" },
    response_body: "Cannot POST /…?wait=…",
  };
  expect((await api.call("POST", `/endpoints/${id}/ping`, { payload: {} })).json()).toMatchObject(masked);
  const readDelivery = async () => (await api.call("GET", `/deliveries/${eventId}.${id}`)).json();
  await until(async () => (await readDelivery()).state === "failed");
  expect(await readDelivery()).toMatchObject({ attempts: [masked] });
});
