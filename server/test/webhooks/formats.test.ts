import { CloudEvent, HTTP } from "cloudevents";
import { Webhook } from "standardwebhooks";
import { expect } from "vitest";
import type { Transaction } from "#platform/database/database.ts";
import { record, value } from "#platform/document.ts";
import { chatFamilies, documentFamilies } from "#webhooks/deliveries/index.ts";
import { sendEventNow } from "#webhooks/events/index.ts";
import { type EndpointChoices, anEvent, buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { type ReceivedRequest, startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const application = record("application", [value("id", 41), value("user_key", "k3y-of-old"), value("name", "Zoë 🚢")]);
const keyCreated = anEvent({
  type: "application.key_created",
  objectId: 41,
  document: application,
  key: { value: "s3cret-1234", createdAt: "2026-03-01T09:00:00Z" },
});
const secret = Buffer.alloc(32, 1).toString("base64");

/** Returns the request that an endpoint of this format receives. */
async function deliver(
  database: Parameters<typeof startTestEngine>[0],
  choices: Pick<EndpointChoices, "format" | "includeCredentials">,
): Promise<ReceivedRequest> {
  await using receiver = await startReceiver();
  await using _engine = await startTestEngine(database);
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, ...choices });
  await recordNow(database, { providerId }, [keyCreated]);
  return await until(() => receiver.received[0]); // before the two are closed
}

const data = {
  application: { id: 41, name: "Zoë 🚢" },
  key: { last4: "1234", created_at: "2026-03-01T09:00:00Z" },
  account: { id: 31, org_name: "Harbour & Sons" },
  actor: { kind: "developer", user_id: 21 },
  channel: "developer_portal",
  sequence: 1,
};

const verify = ({ headers, body }: ReceivedRequest): unknown =>
  new Webhook(secret).verify(body, {
    "webhook-id": String(headers["webhook-id"]),
    "webhook-timestamp": String(headers["webhook-timestamp"]),
    "webhook-signature": String(headers["webhook-signature"]),
  });

test("the Standard Webhooks library verifies and parses JSON deliveries", async ({ database }) => {
  const request = await deliver(database, { format: "json" });
  expect(request.headers["content-type"]).toBe("application/json");
  expect(verify(request)).toEqual({
    type: "application.key_created",
    timestamp: request.headers["bellwire-event-time"],
    data,
  });
});

test.for([
  ["cloudevents", "application/cloudevents+json"],
  ["cloudevents-binary", "application/json"],
] as const)(
  "the CloudEvents library reads %s, and its signature is valid",
  async ([format, contentType], { database }) => {
    const request = await deliver(database, { format });
    verify(request);
    expect(request.headers["content-type"]).toBe(contentType);

    const [event, ...more] = [HTTP.toEvent({ headers: request.headers, body: request.body })].flat();
    expect(more).toEqual([]);
    expect(event && new CloudEvent(event).validate()).toBe(true);
    const { bellwiresequence, ...attributes } = JSON.parse(JSON.stringify(event));
    expect(Number(bellwiresequence)).toBe(1); // in a header, a number is text
    expect(attributes).toEqual({
      specversion: "1.0",
      id: request.headers["webhook-id"],
      source: "https://acme-admin.example",
      type: "application.key_created",
      subject: "application/41",
      time: request.headers["bellwire-event-time"],
      datacontenttype: "application/json",
      bellwireactor: "developer:21",
      bellwirechannel: "developer_portal",
      data,
    });
  },
);

test.for(documentFamilies.filter((format) => format !== "3scale"))(
  "%s names its key, and contains the key itself only for endpoints that include credentials",
  async (format, { database }) => {
    expect((await deliver(database, { format })).body).not.toMatch(/s3cret|k3y/);
    const withCredentials = await deliver(database, { format, includeCredentials: true });
    expect(withCredentials.body).toContain(
      '"key":{"last4":"1234","created_at":"2026-03-01T09:00:00Z","value":"s3cret-1234"}',
    );
    expect(withCredentials.body).toContain("k3y-of-old");
  },
);

test.for(chatFamilies)(
  "a message in the format %s names no developer and contains no key",
  async (format, { database }) => {
    const { body } = await deliver(database, { format, includeCredentials: true });
    expect(body).toContain("application/41");
    expect(body).not.toMatch(/s3cret|k3y|1234|Zoë|Harbour/);
  },
);

test("a known key does not change 3scale's XML", async ({ database }) => {
  expect((await deliver(database, { format: "3scale" })).body).toBe(
    '<?xml version="1.0" encoding="UTF-8"?><event><action>key_created</action><type>application</type><object>' +
      "<application><id>41</id><user_key>k3y-of-old</user_key><name>Zoë 🚢</name></application></object></event>",
  );
});

test("a payload rendered later equals, in bytes and context, one rendered when the event is recorded", async ({
  database,
  owner,
}) => {
  const providerId = await buildProvider(database);
  const url = "http://127.0.0.1:9/";
  await buildEndpoint(database, { providerId, url, format: "cloudevents" });
  const [eventId = ""] = await recordNow(database, { providerId }, [keyCreated]);
  const payload = (): Promise<readonly unknown[]> => database.query("select format, body, context from payloads");
  const atOnce = await payload();
  expect(atOnce).toHaveLength(1);

  await owner.query("delete from payloads");
  const endpointId = await buildEndpoint(database, { providerId, url, format: "cloudevents", name: "later" });
  await database.inTransaction((tx) => sendEventNow(tx, { providerId, eventId, endpointId, format: "cloudevents" }));
  expect(await payload()).toEqual(atOnce);
});

test("an event that is sent to two endpoints of a format at once has one payload for both", async ({ database }) => {
  const providerId = await buildProvider(database);
  const [eventId = ""] = await recordNow(database, { providerId });
  const build = (name: string) => buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/", name });
  const [one, other] = [await build("one"), await build("other")];
  const send = (endpointId: number) => (tx: Transaction) =>
    sendEventNow(tx, { providerId, eventId, endpointId, format: "json" });
  const { second } = await database.inTransaction(async (tx) => {
    expect(await send(one)(tx)).toBe(true);
    const sending = { second: database.inTransaction(send(other)) };
    await until(() => countWaiting(database));
    return sending;
  });
  expect(await second).toBe(true);
  expect(await database.query("select format from payloads")).toEqual([{ format: "json" }]);
});
