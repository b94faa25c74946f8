import fc from "fast-check";
import { expect, test } from "vitest";
import { orderingKeyOf } from "#webhooks/deliveries/index.ts";
import { cloudEventHeaders, describedHeaders, percentEncoded, requestHeaders } from "./attempt-request.ts";
import { Signer } from "./signature.ts";

test("CloudEvents attributes become headers, with non-ASCII characters percent-encoded", () => {
  const headers = cloudEventHeaders({
    id: "019b2c1e-8694-739b-aea5-966c26f8ad91",
    source: "https://hafen.example/Zoë 東京?q=50%",
    type: "application.key_created",
    objectId: 41,
    time: "2026-02-03T04:05:06.789Z",
    sequence: 7,
    actor: "developer:21",
    channel: "developer_portal",
  });
  expect(headers).toEqual({
    "ce-specversion": "1.0",
    "ce-id": "019b2c1e-8694-739b-aea5-966c26f8ad91",
    "ce-source": "https://hafen.example/Zo%C3%AB%20%E6%9D%B1%E4%BA%AC?q=50%25",
    "ce-type": "application.key_created",
    "ce-subject": "application/41",
    "ce-time": "2026-02-03T04:05:06.789Z",
    "ce-bellwiresequence": "7",
    "ce-bellwireactor": "developer:21",
    "ce-bellwirechannel": "developer_portal",
  });
});

test.each([
  ["account.created", "account/41"],
  ["endpoint.degraded", "endpoint/41"],
  ["deliveries.exhausted", "endpoint/41"],
])("the subject of %s, and its ordering key by object, is %s", (type, object) => {
  const event = { ...bare.event, type, objectId: 41, accountId: 31 };
  expect(cloudEventHeaders({ ...event, id: bare.id, source: "https://acme-admin.example" })["ce-subject"]).toBe(object);
  expect(orderingKeyOf("object", event)).toBe(object);
});

test("any text is encoded as a valid header value and decodes to the same text", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }), (text) => {
      const encoded = percentEncoded(text);
      expect(encoded).toMatch(/^[\x21-\x7e]*$/);
      expect(decodeURIComponent(encoded)).toBe(text.toWellFormed());
    }),
  );
});

const bare = {
  url: "https://hooks.example/",
  headers: {},
  secrets: ["whsec_c2VjcmV0"],
  timeoutSeconds: 15,
  contentType: "application/json",
  body: Buffer.from("{}"),
  id: "019b2c1e-8694-739b-aea5-966c26f8ad91",
  attempt: 1,
  replay: 0,
  event: {
    type: "account.created",
    objectId: 31,
    time: "2026-02-03T04:05:06.789Z",
    sequence: 1,
    actor: "system",
    channel: "system",
  },
  sentAt: new Date("2026-02-03T04:05:07Z"),
} as const;

const namesOf = (request: Parameters<typeof requestHeaders>[0]): readonly string[] =>
  requestHeaders(request, { signer: new Signer(), userAgent: "Bellwire/0.0.0", credentials: undefined }).filter(
    (name, at) => at % 2 === 0 && name !== "content-type",
  );

test("the described headers are exactly those sent, and those marked isAlways are in every request", () => {
  const trace = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, tracestate: "vendor=1" };
  const all = namesOf({ ...bare, replay: 1, test: true, cloudEventSource: "https://acme.example", trace });
  const always = Object.entries(describedHeaders).filter(([, { isAlways }]) => isAlways);

  expect(all.toSorted()).toEqual(Object.keys(describedHeaders).toSorted());
  expect(namesOf(bare).toSorted()).toEqual(always.map(([name]) => name).toSorted());
});

test("a custom traceparent header of the endpoint replaces the trace's", () => {
  const trace = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };
  const headers = requestHeaders(
    { ...bare, headers: { TraceParent: "of-the-endpoint" }, trace },
    { signer: new Signer(), userAgent: "Bellwire/0.0.0", credentials: undefined },
  );
  expect(headers.filter((name) => /^traceparent$/i.test(name))).toEqual(["TraceParent"]);
});

test("a custom authorization header of the endpoint replaces the credentials of its URL, another header does not", () => {
  const needs = { signer: new Signer(), userAgent: "Bellwire/0.0.0", credentials: "Basic OnNlY3JldA==" };
  const sent = [{ Authorization: "Bearer 1" }, { "x-scheme": "authorization" }].map((headers) => {
    const all = requestHeaders({ ...bare, headers }, needs);
    return all.filter((_value, at) => at % 2 === 1 && /^authorization$/i.test(all[at - 1] ?? ""));
  });
  expect(sent).toEqual([["Bearer 1"], [needs.credentials]]);
});
