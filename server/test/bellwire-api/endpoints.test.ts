import { HTTP } from "cloudevents";
import { expect } from "vitest";
import { eventTypes } from "#webhooks/events/index.ts";
import { test, type BellwireApi } from "./bellwire-api-test.ts";

const crm = {
  name: "crm",
  url: "https://93.184.215.14/hooks?token=s3cret",
  event_types: ["user.created"],
  headers: { "x-key": "h3ader" },
};

async function createCrm(api: BellwireApi, more: object = {}): Promise<{ id: number; [field: string]: unknown }> {
  const answer = await api.call("POST", "/endpoints", { payload: { ...crm, ...more } });
  expect(answer.statusCode).toBe(201);
  return answer.json();
}

test("an endpoint is created, read, updated and deleted", async ({ api }) => {
  const created = await createCrm(api);
  expect(created).toMatchObject({
    ...crm,
    url: "https://93.184.215.14/hooks?token=…",
    url_masked: "https://93.184.215.14/hooks?token=…",
    format: "3scale",
    state: "enabled",
  });

  expect((await api.call("GET", `/endpoints/${created.id}`)).json()).toEqual(created);
  expect((await api.call("GET", "/endpoints")).json()).toEqual({ data: [created], next: null });

  const payload = { active: false, description: "The back office", max_in_flight: 4, state: "paused" };
  const changed = await api.call("PATCH", `/endpoints/${created.id}`, { payload });
  expect(changed.json()).toMatchObject({ ...crm, ...payload, url: created["url"] });

  expect((await api.call("DELETE", `/endpoints/${created.id}`)).statusCode).toBe(204);
  expect((await api.call("GET", `/endpoints/${created.id}`)).statusCode).toBe(404);
});

test.for([
  [{ name: "x", url: "nonsense" }, { url: ["Must be a valid URL such as http://example.com"] }],
  [{ name: "x", url: "https://example.com", colour: "red" }, { colour: ["is not known"] }],
  [{ url: "https://example.com" }, { name: ["is required"] }],
  [{ name: "", url: "https://example.com" }, { name: ["can't be blank"] }],
  [{ name: "x", url: "https://example.com", active: "yes" }, { active: [expect.any(String)] }],
  [
    { name: "x", url: "https://example.com", event_types: ["user.born"] },
    { "event_types.0": [expect.stringContaining("must be")] },
  ],
  [
    { name: "x", url: "https://example.com", format: "csv" },
    { format: ["must be one of 3scale, json, cloudevents, cloudevents-binary, chat, chat-discord, chat-teams"] },
  ],
  [{ name: "x", url: "https://example.com", headers: { host: "y" } }, { headers: ["host is set by Bellwire"] }],
  [
    { name: "x", url: "http://10.0.0.1/" },
    { url: [expect.stringMatching(/^Leads to 10\.0\.0\.1, .*BELLWIRE_ALLOWED_TARGETS$/)] },
  ],
] as const)(
  "creating an endpoint with invalid values is rejected with errors by field: %j",
  async ([payload, errors], { api }) => {
    const answer = await api.call("POST", "/endpoints", { payload });
    expect(answer.statusCode).toBe(422);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json()).toMatchObject({ code: "invalid", errors });
  },
);

const notText = "contains characters that are not allowed";
const reservedHeader = "is set by Bellwire";
const badUrl = "Must be a valid URL such as http://example.com";

test.for<readonly [settings: object, errors: Readonly<Record<string, readonly string[]>>]>([
  [{ url: "ftp://example.com/" }, { url: [badUrl] }],
  [{ url: "http://example.com:0/" }, { url: [badUrl] }],
  [{ url: "http://example..com/" }, { url: [badUrl] }],
  [{ url: "http://example.com/\ud800" }, { url: [badUrl] }],
  [{ url: `http://example.com/${"a".repeat(2048)}` }, { url: ["must not have more than 2048 characters"] }],
  [{ url: null }, { url: ["must be string"] }],
  [{ name: " " }, { name: ["can't be blank"] }],
  [{ name: "a\r\nb" }, { name: ["must be one line of text"] }],
  [{ name: "\ud800" }, { name: ["must be one line of text"] }],
  [{ name: "\0" }, { name: ["must be one line of text"] }],
  [{ description: "\0" }, { description: [notText] }],
  [{ description: "\ud800" }, { description: [notText] }],
  [{ description: 5 }, { description: ["must be string, or null"] }],
  [{ headers: { "": "1" } }, { headers: ['"" is not a valid header name: use letters, digits, - and _'] }],
  [{ headers: { "Content-Length": "1" } }, { headers: [`Content-Length ${reservedHeader}`] }],
  [{ headers: { "webhook-id": "1" } }, { headers: [`webhook-id ${reservedHeader}`] }],
  [
    { headers: { "x-a": "1\r\nx-b: 2" } },
    { headers: ["x-a has an invalid value: use printable ASCII, spaces and tabs"] },
  ],
  [{ headers: { "x-a": null } }, { "headers.x-a": ["must be string"] }],
  [{ headers: [] }, { headers: ["must be object"] }],
  [{ secret: "whsec_!" }, { secret: ["is not known"] }],
  [{ constructor: 1 }, { constructor: ["is not known"] }],
  [{ retry_waits_seconds: [5, -1] }, { "retry_waits_seconds.1": ["must be >= 0"] }],
  [{ retry_waits_seconds: [604_801] }, { "retry_waits_seconds.0": ["must be <= 604800"] }],
  [{ retry_waits_seconds: Array(51).fill(1) }, { retry_waits_seconds: ["must not have more than 50 items"] }],
  [{ timeout_seconds: 0 }, { timeout_seconds: ["must be >= 1"] }],
  [{ timeout_seconds: 61 }, { timeout_seconds: ["must be <= 60"] }],
  [{ timeout_seconds: 1.5 }, { timeout_seconds: ["must be integer"] }],
  [{ max_in_flight: 0 }, { max_in_flight: ["must be >= 1, or null"] }],
  [{ max_in_flight: "1" }, { max_in_flight: ["must be integer, or null"] }],
  [{ max_per_second: 100_001 }, { max_per_second: ["must be <= 100000, or null"] }],
  [{ state: "disabled" }, { state: ["must be one of enabled, paused"] }],
])(
  "an invalid setting is rejected by name with the valid values, on create and on update: %j",
  async ([settings, errors], { api }) => {
    const { id } = await createCrm(api);
    const before = (await api.call("GET", `/endpoints/${id}`)).json();
    const changed = await api.call("PATCH", `/endpoints/${id}`, { payload: settings });
    expect([changed.statusCode, changed.json().errors]).toEqual([422, errors]);
    const created = await api.call("POST", "/endpoints", { payload: { ...crm, name: "other", ...settings } });
    expect([created.statusCode, created.json().errors]).toEqual([422, errors]);
    expect((await api.call("GET", "/endpoints")).json().data).toEqual([before]);
  },
);

test("duplicate event types are removed", async ({ api }) => {
  const { event_types } = await createCrm(api, { event_types: ["user.created", "*", "user.created"] });
  expect(event_types).toEqual(["user.created", "*"]);
});

test("a name in use is rejected with 409", async ({ api }) => {
  await createCrm(api);
  expect((await api.call("POST", "/endpoints", { payload: crm })).statusCode).toBe(409);
});

test("a read-only token gets an endpoint with its secrets masked, and cannot read the signing secret", async ({
  api,
}) => {
  const { id } = await createCrm(api);
  const authorization = `Bearer ${await api.addToken({ permission: "ro" })}`;
  const answer = await api.call("GET", `/endpoints/${id}`, { headers: { authorization } });
  expect(answer.json()).toMatchObject({ url: "https://93.184.215.14/hooks?token=…", headers: { "x-key": "…" } });
  expect((await api.call("GET", `/endpoints/${id}/secret`, { headers: { authorization } })).statusCode).toBe(403);
});

test("rotating the secret replaces it", async ({ api }) => {
  const { id } = await createCrm(api);
  const { secret: old } = (await api.call("GET", `/endpoints/${id}/secret`)).json();
  const { secret } = (await api.call("POST", `/endpoints/${id}/rotate_secret`)).json();
  expect(secret).toMatch(/^whsec_/);
  expect(secret).not.toBe(old);
  expect((await api.call("GET", `/endpoints/${id}/secret`)).json()).toEqual({ secret });
});

test("a ping sends a signed sample, marked as a test, and returns its outcome", async ({ api, receiver }) => {
  const { id } = await createCrm(api, { url: receiver.url });
  receiver.answer(404);
  const answer = await api.call("POST", `/endpoints/${id}/ping`, { payload: { event_type: "account.updated" } });
  expect(answer.json()).toMatchObject({ number: 1, status: 404, error: "Answered 404" });

  const [request] = receiver.received;
  expect(request?.headers).toMatchObject({
    "bellwire-test": "true",
    "bellwire-event-type": "account.updated",
    "webhook-signature": expect.stringMatching(/^v1,/),
    "x-key": "h3ader",
  });
  expect(request?.body).toContain("<event><action>updated</action><type>account</type>");
});

test.for(["cloudevents", "cloudevents-binary"] as const)(
  "a ping in the format %s is a valid CloudEvent with the provider's URL as its source",
  async (format, { api, receiver }) => {
    const { id } = await createCrm(api, { url: receiver.url, format });
    const payload = { event_type: "application.key_created" };
    expect((await api.call("POST", `/endpoints/${id}/ping`, { payload })).json()).toMatchObject({ status: 200 });
    const [request] = receiver.received;
    expect(HTTP.toEvent({ headers: request?.headers ?? {}, body: request?.body })).toMatchObject({
      id: request?.headers["webhook-id"],
      source: "https://bellwire.test",
      type: "application.key_created",
      subject: "application/0",
      data: { application: { id: 0 }, key: { last4: "0000" } },
    });
  },
);

test("every event type has a sample in every format, which names the type", async ({ api }) => {
  const { data } = (await api.call("GET", "/event_types")).json();
  expect(data).toHaveLength(eventTypes.length);
  for (const { type, interfaces, group } of data) {
    expect(interfaces).not.toEqual([]);
    const [subject, action] = type.split(".");
    const object = group === "Operations" ? "endpoint" : subject;
    const read = (format: string) => api.call("GET", `/event_types/${type}/sample?format=${format}`);
    expect((await read("3scale")).body).toContain(`<event><action>${action}</action><type>${subject}</type>`);
    expect((await read("json")).json()).toMatchObject({ type, data: { [object]: { id: 0 } } });
    for (const format of ["cloudevents", "cloudevents-binary"]) {
      const { headers, body } = await read(format);
      expect(HTTP.toEvent({ headers: textsOf(headers), body })).toMatchObject({ type, data: { [object]: { id: 0 } } });
    }
  }
});

const textsOf = (headers: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, each]) => [name, String(each)]));

test("pinging an endpoint without a URL is rejected", async ({ api }) => {
  const payload = { name: "default", url: "", active: false };
  const { id } = (await api.call("POST", "/endpoints", { payload })).json();
  const answer = await api.call("POST", `/endpoints/${id}/ping`, { payload: {} });
  expect([answer.statusCode, answer.json().errors]).toEqual([422, { url: ["Nowhere to ping"] }]);
});

test("only the route for the complete URL returns its secrets, and each read of them or of the signing secret is audited", async ({
  api,
}) => {
  const { id } = await createCrm(api);
  const secret = /s3cret/;
  const answers = [
    await api.call("GET", "/endpoints"),
    await api.call("GET", `/endpoints/${id}`),
    await api.call("PATCH", `/endpoints/${id}`, { payload: { description: "changed" } }),
  ];
  for (const answer of answers) expect(answer.body).not.toMatch(secret);
  const recorded = async () => (await api.call("GET", "/audit_records")).json().data;
  const before = await recorded();

  const complete = await api.call("GET", `/endpoints/${id}/url`);
  expect([complete.json(), complete.headers["cache-control"]]).toEqual([{ url: crm.url }, "no-store"]);

  const signing = (await api.call("GET", `/endpoints/${id}/secret`)).json().secret;

  const after = await recorded();
  expect(after).toHaveLength(before.length + 2);
  const record = { subject: `endpoint/${id}`, detail: { name: crm.name } };
  expect(after.slice(0, 2)).toMatchObject([
    { action: "endpoint.secret_read", ...record },
    { action: "endpoint.url_read", ...record },
  ]);
  for (const each of [secret, signing]) expect(JSON.stringify(after)).not.toMatch(each);
});

test("writing a masked URL back keeps the stored URL; a masked URL with other changes is rejected", async ({ api }) => {
  const created = await createCrm(api);
  const write = (url: unknown) => api.call("PATCH", `/endpoints/${created.id}`, { payload: { url } });
  expect((await write(created["url"])).statusCode).toBe(200);
  const refused = await write("https://93.184.215.14/other?token=…");
  expect([refused.statusCode, refused.json().errors.url]).toEqual([422, [expect.stringContaining("Hides a secret")]]);
  expect((await api.call("GET", `/endpoints/${created.id}/url`)).json()).toEqual({ url: crm.url });
});
