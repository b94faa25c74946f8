import type { Channel } from "#access/index.ts";
import { type Node, documentToJson } from "#platform/document.ts";
import { renderXml } from "#platform/xml.ts";
import type { BodyFormat } from "#webhooks/deliveries/index.ts";

/** A key that came, changed or went: what it is stored as, and since when it is one. */
export interface EventKey {
  readonly value: string;
  /** As documents write times. */
  readonly createdAt: string;
}

/** What is told of an event beside its data. */
export interface CloudEventFacts {
  readonly id: string;
  /** How the outside reaches the provider. */
  readonly source: string;
  /** `account.created` */
  readonly type: string;
  readonly objectId: number;
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  readonly sequence: number;
  /** `developer:21`, or `system`. */
  readonly actor: string;
  readonly channel: string;
}

/** The attributes of CloudEvents 1.0.2, and ours, whose names may hold nothing but small letters and digits. */
export const cloudEventAttributes = (event: CloudEventFacts) => ({
  specversion: "1.0",
  id: event.id,
  source: event.source,
  type: event.type,
  subject: `${event.type.split(".", 1)[0]}/${event.objectId}`,
  time: event.time,
  bellwiresequence: event.sequence,
  bellwireactor: event.actor,
  bellwirechannel: event.channel,
});

/** The fields of event documents that let their bearer call the provider's API, or act as an application. */
export const credentialFields: ReadonlySet<string> = new Set(["user_key", "provider_verification_key", "keys"]);

/** The document without keys: they are sent only where they are asked for. */
export function withoutCredentials(document: Node): Node {
  if (!("record" in document)) return document;
  return {
    ...document,
    record: document.record.filter((child) => !credentialFields.has(child.name)).map(withoutCredentials),
  };
}

/** 3scale's envelope: action, type, object, on one line. Neither part of the type needs escaping. */
export const render3scale = (type: string, document: Node): string => {
  const [object, action] = type.split(".", 2);
  return `<?xml version="1.0" encoding="UTF-8"?><event><action>${action}</action><type>${object}</type><object>${renderXml(document)}</object></event>`;
};

export interface Credentials {
  /** Whether keys are in it. */
  readonly withCredentials: boolean;
}

/** The body that Standard Webhooks recommends: `type`, `timestamp`, `data`. */
const renderJson = (event: RenderedEvent, choice: Credentials): string =>
  JSON.stringify({ type: event.type, timestamp: event.occurredAt.toISOString(), data: dataOf(event, choice) });

/** A CloudEvent in structured mode: its attributes and its data in one. */
function renderCloudEvent(event: RenderedEvent, choice: Credentials): string {
  const { kind, user_id: userId } = event.actor;
  const attributes = cloudEventAttributes({
    ...event,
    time: event.occurredAt.toISOString(),
    actor: userId === undefined ? kind : `${kind}:${userId}`,
  });
  return JSON.stringify({ ...attributes, datacontenttype: "application/json", data: dataOf(event, choice) });
}

/** The body of a CloudEvent in binary mode: its attributes are headers. */
const renderData = (event: RenderedEvent, choice: Credentials): string => JSON.stringify(dataOf(event, choice));

/** The whole document and its context. */
function dataOf(event: RenderedEvent, { withCredentials }: Credentials): object {
  const document = withCredentials ? event.document : withoutCredentials(event.document);
  return {
    [document.name]: documentToJson(document),
    ...(event.key ? { key: { ...keyInBody(event.key), ...(withCredentials ? { value: event.key.value } : {}) } } : {}),
    ...(document.name === "account" ? {} : { account: { id: event.accountId, org_name: event.accountName } }),
    ...(event.previous ? { previous: event.previous } : {}),
    actor: event.actor,
    channel: event.channel,
    sequence: event.sequence,
  };
}

/** Enough to tell a key from others, and not to use it. */
export const keyInBody = ({ value, createdAt }: EventKey) => ({ last4: value.slice(-4), created_at: createdAt });

/** Counts the changes of what the renderers below make of one and the same event. Stored with each event. */
export const rendererVersion = 1;

/** All that a body can tell of an event. */
interface RenderedEvent {
  readonly id: string;
  /** How the outside reaches the provider. */
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

/** The bytes of an event's deliveries in one format, fixed here once. */
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
  }
}
