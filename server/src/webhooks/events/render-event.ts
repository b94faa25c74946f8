import type { Channel } from "#access/index.ts";
import type { Transaction } from "#platform/database/database.ts";
import { documentToJson, isJsonObject, type Json, list, type Node, record, value } from "#platform/document.ts";
import { nameInLine } from "#platform/visible-text.ts";
import { renderXml } from "#platform/xml.ts";
import {
  type BodyFormat,
  type ChatFamily,
  contextOf,
  type EventContext,
  insertDelivery,
  objectOf,
} from "#webhooks/deliveries/index.ts";
import {
  eventCatalogue,
  type EventType,
  isOperational,
  operationalEvents,
  type OperationalEventType,
} from "./catalogue.ts";
import { type EventDetails, summaryColumns } from "./read-events.ts";

/** A created, changed or deleted key. */
export interface EventKey {
  readonly value: string;
  /** In the time format of documents. */
  readonly createdAt: string;
}

/** An event's attributes besides its data. */
export interface CloudEventFacts extends Omit<EventContext, "accountId" | "trace"> {
  readonly id: string;
  /** The provider's admin URL. */
  readonly source: string;
}

/**
 * Returns the attributes of CloudEvents 1.0.2 and our extensions, whose names may contain only lower-case letters and
 * digits.
 */
export const cloudEventAttributes = (event: CloudEventFacts) => ({
  specversion: "1.0",
  id: event.id,
  source: event.source,
  type: event.type,
  subject: objectOf(event),
  time: event.time,
  bellwiresequence: event.sequence,
  bellwireactor: event.actor,
  bellwirechannel: event.channel,
});

/** The fields of documents that authorize calls to the provider's API, or identify an application there. */
export const credentialFields: ReadonlySet<string> = new Set(["user_key", "provider_verification_key", "keys"]);

/** Removes the credentials, which are sent only on request. */
export function withoutCredentials(document: Node): Node {
  if (!("record" in document)) return document;
  return {
    ...document,
    record: document.record.filter((child) => !credentialFields.has(child.name)).map(withoutCredentials),
  };
}

/** Renders 3scale's envelope on one line. Neither part of the type needs escaping. */
export const render3scale = (type: string, document: Node): string => {
  const [object, action] = type.split(".", 2);
  return `<?xml version="1.0" encoding="UTF-8"?><event><action>${action}</action><type>${object}</type><object>${renderXml(document)}</object></event>`;
};

export interface Credentials {
  readonly withCredentials: boolean;
}

/** Renders the body that Standard Webhooks recommends. */
const renderJson = (event: RenderedEvent, choice: Credentials): string =>
  JSON.stringify({ type: event.type, timestamp: event.occurredAt.toISOString(), data: dataOfEvent(event, choice) });

/** Renders a CloudEvent in structured mode. */
function renderCloudEvent(event: RenderedEvent, choice: Credentials): string {
  const { kind, user_id: userId } = event.actor;
  const attributes = cloudEventAttributes({
    ...event,
    time: event.occurredAt.toISOString(),
    actor: userId === undefined ? kind : `${kind}:${userId}`,
  });
  return JSON.stringify({ ...attributes, datacontenttype: "application/json", data: dataOfEvent(event, choice) });
}

/** Renders the data of a CloudEvent in binary mode, whose attributes are headers. */
const renderData = (event: RenderedEvent, choice: Credentials): string => JSON.stringify(dataOfEvent(event, choice));

/** Returns the `data` of JSON bodies. */
export function dataOfEvent(
  event: Omit<RenderedEvent, "id" | "source" | "type" | "occurredAt" | "objectId">,
  { withCredentials }: Credentials,
): object {
  const document = withCredentials ? event.document : withoutCredentials(event.document);
  return {
    [document.name]: documentToJson(document),
    ...(event.key ? { key: { ...keyInBody(event.key), ...(withCredentials ? { value: event.key.value } : {}) } } : {}),
    ...(document.name === "account" || document.name === "endpoint"
      ? {}
      : { account: { id: event.accountId, org_name: event.accountName } }),
    ...(event.previous ? { previous: event.previous } : {}),
    actor: event.actor,
    channel: event.channel,
    sequence: event.sequence,
  };
}

/** Identifies a key without revealing it. */
export const keyInBody = (key: EventKey) => ({ last4: key.value.slice(-4), created_at: key.createdAt });

/** A message to the people of a channel. It names no developer, because nobody knows who reads a channel. */
interface ChatMessage {
  readonly label: string;
  /** The endpoint, or the changed object: `application/41`. */
  readonly subject: string;
  readonly text: string;
  /** The page of the Admin Portal, or undefined for a sample and while the portal's address is not known. */
  readonly url: string | undefined;
  readonly state: "problem" | "recovery" | "change";
}

const labels = new Map<string, string>(
  [...eventCatalogue, ...operationalEvents].map(({ type, label }) => [type, label]),
);

const memberOf = (json: Json | undefined, name: string): Json | undefined =>
  isJsonObject(json) ? json[name] : undefined;
const textOf = (json: Json | undefined): string => (typeof json === "string" ? json : "");

/** Chat programs read markup, links and mentions in a text. These characters show it without them. */
const harmlessCharacters: Readonly<Record<string, string>> = {
  "<": "‹",
  ">": "›",
  "[": "(",
  "]": ")",
  "@": "＠",
  "`": "'",
};

const harmless = (text: string): string =>
  text.replaceAll("://", " ").replaceAll(/[<>[\]@`]/g, (character) => harmlessCharacters[character] ?? "");

function chatMessageOf({ type, id, source, objectId, document }: RenderedEvent): ChatMessage {
  const label = labels.get(type) ?? type;
  const urlOf = (path: string): string | undefined =>
    objectId === 0 || source === "/" ? undefined : `${source}/p/admin${path}`;
  if (!isOperational(type)) {
    return { label, subject: objectOf({ type, objectId }), text: "", url: urlOf(`/events/${id}`), state: "change" };
  }
  const endpoint = documentToJson(document);
  const sentence = harmless(textOf(memberOf(memberOf(endpoint, "alert"), "sentence")));
  const isOver = type === "endpoint.recovered";
  return {
    label,
    subject: harmless(nameInLine(textOf(memberOf(endpoint, "name")))),
    text: isOver ? `The problem is over. Before: ${sentence}` : sentence,
    url: urlOf(type === "deliveries.exhausted" ? `/failures?endpoint_id=${objectId}` : `/endpoints/${objectId}`),
    state: isOver ? "recovery" : "problem",
  };
}

const marks = { problem: "🔴 ", recovery: "🟢 ", change: "" } as const;

/** Renders lines of text. In a code span, no program makes a link, a mention or a format of a name. */
const chatText = ({ label, subject, text, url, state }: ChatMessage): string =>
  [`${marks[state]}${label}: \`${subject}\``, text, url ?? ""].filter((line) => line !== "").join("\n");

const cardColors = { problem: "Attention", recovery: "Good", change: "Default" } as const;

/**
 * Returns an Adaptive Card, the only message that Workflows of Microsoft Teams post. A `TextBlock` reads `*` and `_` as Markdown, and
 * clients differ in how they escape these. A `TextRun` shows its text as it is. Both need version 1.2, the newest of Teams on phones.
 */
const adaptiveCard = ({ label, subject, text, url, state }: ChatMessage) => ({
  $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
  type: "AdaptiveCard",
  version: "1.2",
  body: [
    textBlock({ text: `${label}: ${subject}`, size: "Medium", weight: "Bolder", color: cardColors[state] }),
    ...(text === "" ? [] : [textBlock({ text })]),
  ],
  ...(url === undefined ? {} : { actions: [{ type: "Action.OpenUrl", title: "Open in Bellwire", url }] }),
});

/** A text of an Adaptive Card, which wraps. */
const textBlock = (run: { readonly text: string } & Readonly<Record<string, string>>) => ({
  type: "RichTextBlock",
  inlines: [{ type: "TextRun", ...run }],
});

/** Renders the message that a chat program takes. Google Chat refuses a property that it does not know. */
function renderChat(event: RenderedEvent, format: ChatFamily): string {
  const message = chatMessageOf(event);
  switch (format) {
    case "chat":
      return JSON.stringify({ text: chatText(message) });
    case "chat-discord":
      return JSON.stringify({ content: chatText(message), allowed_mentions: { parse: [] } });
    case "chat-teams": {
      const contentType = "application/vnd.microsoft.card.adaptive";
      const attachments = [{ contentType, contentUrl: null, content: adaptiveCard(message) }];
      return JSON.stringify({ type: "message", attachments });
    }
  }
}

/**
 * The version of the renderers below, stored with each event. Increment it when the output for the same event
 * changes.
 */
export const rendererVersion = 1;

/** The input of all renderers. */
interface RenderedEvent {
  readonly id: string;
  /** The provider's admin URL. */
  readonly source: string;
  readonly type: string;
  readonly occurredAt: Date;
  readonly objectId: number;
  readonly accountId: number;
  readonly accountName: string;
  readonly sequence: number;
  readonly actor: { readonly kind: string; readonly user_id?: number };
  readonly channel: Channel;
  readonly document: Node;
  readonly key?: EventKey;
  readonly previous?: Readonly<Record<string, unknown>>;
}

/** Renders the bytes of an event in one format. */
export function renderEvent(event: RenderedEvent, format: BodyFormat): Buffer {
  const withCredentials = format.endsWith("+credentials");
  switch (format) {
    case "3scale":
      return Buffer.from(render3scale(event.type, event.document));
    case "json":
    case "json+credentials":
      return Buffer.from(renderJson(event, { withCredentials }));
    case "cloudevents":
    case "cloudevents+credentials":
      return Buffer.from(renderCloudEvent(event, { withCredentials }));
    case "cloudevents-binary":
    case "cloudevents-binary+credentials":
      return Buffer.from(renderData(event, { withCredentials }));
    case "chat":
    case "chat-discord":
    case "chat-teams":
      return Buffer.from(renderChat(event, format));
  }
}

const unrendered = `
  select ${summaryColumns}, event.document, event.key, provider.event_source as source
  from events event
  join providers provider on provider.id = event.provider_id
  where event.provider_id = $1 and event.id = any($2)
    and not exists (select from payloads
      where payloads.provider_id = $1 and payloads.event_id = event.id and payloads.format = $3)
  order by event.id`;

const insertPayloads = `
  insert into payloads (provider_id, event_id, format, body, context)
  select $1, payload.event_id, $2, payload.body, payload.context
  from unnest($3::uuid[], $4::bytea[], $5::json[]) as payload (event_id, body, context)
  on conflict (provider_id, event_id, format) do nothing`;

/**
 * Events that are rendered at once. One with long fields takes 1.5 MB: as a document, a body and the digits of its bytes. 500 of them
 * ended an engine with 512 MB.
 */
const batchMax = 20;

interface PayloadsToStore {
  readonly providerId: number;
  readonly eventIds: readonly string[];
  readonly format: BodyFormat;
}

/** Bodies rendered per transaction: some two seconds. The batch that reaches the limit is stored as a whole. */
const bytesMax = 16 * 1024 * 1024;

/**
 * Renders events in a format without a subscriber when they were recorded, from their stored documents. Returns how many of them, in
 * their order, have a payload now: large ones take several transactions.
 */
export async function storePayloads(tx: Transaction, { eventIds, ...request }: PayloadsToStore): Promise<number> {
  let bytes = 0;
  let stored = 0;
  while (stored < eventIds.length && bytes < bytesMax) {
    const batch = eventIds.slice(stored, stored + batchMax);
    bytes += await storeBatch(tx, { ...request, eventIds: batch });
    stored += batch.length;
  }
  return stored;
}

/** Returns the bytes of the bodies. */
async function storeBatch(tx: Transaction, { providerId, eventIds, format }: PayloadsToStore): Promise<number> {
  const events = await tx.query<StoredEvent>(unrendered, [providerId, eventIds, format]);
  if (events.length === 0) return 0;
  const bodies = events.map((event) => bodyOf(event, format));
  const column = <T>(of: (event: StoredEvent) => T): T[] => events.map(of);
  await tx.query(insertPayloads, [
    providerId,
    format,
    column(({ id }) => id),
    bodies,
    column((event) => JSON.stringify(contextOf(event))),
  ]);
  return bodies.reduce((sum, { length }) => sum + length, 0);
}

/** An event with everything that its bodies contain. */
export type StoredEvent = Omit<EventDetails, "verdicts" | "rendererVersion"> & { readonly source: string };

/** Renders the body of a stored event. */
export function bodyOf({ actorKind, actorUserId, previous, key, ...rest }: StoredEvent, format: BodyFormat): Buffer {
  const actor = actorUserId === null ? { kind: actorKind } : { kind: actorKind, user_id: actorUserId };
  return renderEvent({ ...rest, actor, ...(key ? { key } : {}), ...(previous ? { previous } : {}) }, format);
}

/**
 * Sends an event to an endpoint that has no delivery of it, because of a gate or because it is newer. The bytes are
 * those stored in the endpoint's format, or rendered now from the stored document. Returns false if there is no such
 * event, or a delivery already.
 */
export async function sendEventNow(
  tx: Transaction,
  delivery: {
    readonly providerId: number;
    readonly eventId: string;
    readonly endpointId: number;
    readonly format: BodyFormat;
  },
): Promise<boolean> {
  const { providerId, eventId, format } = delivery;
  await storePayloads(tx, { providerId, eventIds: [eventId], format });
  return insertDelivery(tx, delivery, format);
}

export interface Sample {
  readonly id: string;
  readonly type: EventType;
  readonly now: Date;
  /** The provider's admin URL. */
  readonly source: string;
}

/** Returns the attributes of a sample. Its ids are 0, which no object has. */
export const sampleFacts = ({ type, now }: Pick<Sample, "type" | "now">) =>
  ({
    type,
    objectId: 0,
    time: now.toISOString(),
    sequence: 1,
    actor: isOperational(type) ? "system" : "developer:0",
    channel: isOperational(type) ? "system" : "developer_portal",
  }) as const;

/** Renders the bytes that an endpoint would receive for a sample. */
export function sampleBody({ id, type, now, source }: Sample, format: BodyFormat): Buffer {
  const document = sampleDocument(type, now);
  return renderEvent(
    {
      id,
      source,
      type,
      occurredAt: now,
      objectId: 0,
      accountId: 0,
      accountName: "Sample & Sons",
      sequence: 1,
      actor: isOperational(type) ? { kind: "system" } : { kind: "developer", user_id: 0 },
      channel: isOperational(type) ? "system" : "developer_portal",
      document,
      ...(type.includes("key_") ? { key: { value: sampleKey, createdAt: stampOf(now) } } : {}),
      ...(type.endsWith(".updated")
        ? { previous: { [document.name === "account" ? "org_name" : "state"]: "before" } }
        : {}),
    },
    format,
  );
}

const sampleKey = "0".repeat(32);
const stampOf = (now: Date): string => `${now.toISOString().slice(0, 19)}Z`;

function sampleDocument(type: EventType, now: Date): Node {
  const stamp = stampOf(now);
  const head = [value("id", 0), value("created_at", stamp), value("updated_at", stamp)];
  if (isOperational(type)) return sampleEndpoint(type, now);
  const [object] = type.split(".", 1);
  if (object === "account") return sampleAccount(head);
  return object === "user" ? sampleUser(head) : sampleApplication(head);
}

const successRate = {
  kind: "success_rate",
  sentence: "43 % of the attempts in the last 15 minutes succeeded. The limit is 50 %.",
  value: { decimal: "0.4300" },
  threshold: { decimal: "0.5000" },
};
/** Without a threshold: the problem is there. */
const isThere = { value: { decimal: "1.0000" }, threshold: null };

const sampleAlerts = {
  "endpoint.degraded": successRate,
  "endpoint.recovered": successRate,
  "endpoint.disabled": { kind: "disabled", sentence: "No attempt has succeeded for 5 days.", ...isThere },
  "deliveries.exhausted": {
    kind: "exhausted",
    sentence: "A delivery has failed: it has no attempts left, or was held for too long.",
    ...isThere,
  },
} as const satisfies Record<OperationalEventType, unknown>;

function sampleEndpoint(type: OperationalEventType, now: Date): Node {
  const alert = sampleAlerts[type];
  return record("endpoint", [
    value("id", 0),
    value("name", "sample"),
    value("url", "https://receiver.example/hooks"),
    value("state", type === "endpoint.disabled" ? "disabled" : "enabled"),
    record("alert", [
      value("id", 0),
      value("kind", alert.kind),
      value("state", type === "endpoint.recovered" ? "closed" : "open"),
      value("since", now.toISOString()),
      value("sentence", alert.sentence),
      value("value", alert.value),
      value("threshold", alert.threshold),
    ]),
  ]);
}

const sampleAccount = (head: readonly Node[]): Node =>
  record("account", [
    ...head,
    value("state", "approved"),
    record("annotations", []),
    value("org_name", "Sample & Sons"),
    record("extra_fields", []),
    value("monthly_billing_enabled", true),
    value("monthly_charging_enabled", true),
    value("credit_card_stored", false),
    list("plans", [samplePlan("account_plan", { default: true })], "alone"),
    list("users", [sampleUser(head)], "alone"),
  ]);

const sampleUser = (head: readonly Node[]): Node =>
  record("user", [
    ...head,
    value("account_id", 0),
    value("state", "active"),
    value("role", "admin"),
    value("username", "sample"),
    value("email", "sample@example.com"),
    record("extra_fields", []),
  ]);

const sampleApplication = (head: readonly Node[]): Node =>
  record("application", [
    ...head,
    value("state", "live"),
    value("user_account_id", 0),
    value("first_traffic_at", null),
    value("first_daily_traffic_at", null),
    value("service_id", 0),
    value("user_key", sampleKey),
    value("provider_verification_key", sampleKey),
    samplePlan("application_plan", { custom: false, default: true }),
    value("name", "Sample application"),
    value("description", "Sent to show what an event looks like"),
    record("extra_fields", []),
  ]);

const samplePlan = (type: string, attributes: Readonly<Record<string, boolean>>): Node =>
  record(
    "plan",
    [
      value("id", 0),
      value("name", "Sample"),
      value("type", type),
      value("state", "published"),
      value("approval_required", false),
      value("setup_fee", { decimal: "0" }),
      value("cost_per_month", { decimal: "12.5" }),
      value("trial_period_days", null),
      value("cancellation_period", 0),
      ...(type === "application_plan" ? [value("service_id", 0)] : []),
    ],
    attributes,
  );
