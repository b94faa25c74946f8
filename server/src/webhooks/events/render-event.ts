import type { Channel } from "#access/index.ts";
import { type Node, documentToJson } from "#platform/document.ts";
import { renderXml } from "#platform/xml.ts";
import { type BodyFormat, objectOf } from "#webhooks/deliveries/index.ts";

/** A created, changed or deleted key. */
export interface EventKey {
  readonly value: string;
  /** In the time format of documents. */
  readonly createdAt: string;
}

/** An event's attributes besides its data. */
export interface CloudEventFacts {
  readonly id: string;
  /** The provider's admin URL. */
  readonly source: string;
  /** For example `account.created`. */
  readonly type: string;
  readonly objectId: number;
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  readonly sequence: number;
  /** `developer:21`, or `system`. */
  readonly actor: string;
  readonly channel: string;
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
export const keyInBody = ({ value, createdAt }: EventKey) => ({ last4: value.slice(-4), created_at: createdAt });

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
  }
}
