import { type TraceContext, contextOfRequest } from "#platform/telemetry/tracing.ts";
import { type BodyFormat, type EventContext, contentTypeOf, isBinaryCloudEvent } from "#webhooks/deliveries/index.ts";
import { isReservedHeader } from "#webhooks/endpoints/index.ts";
import { cloudEventAttributes } from "#webhooks/events/index.ts";
import type { Signer } from "./signature.ts";

/** Everything that determines the bytes of a request. */
export interface RequestContent {
  readonly url: string;
  /** Custom headers of the endpoint. Reserved ones are left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Newest first, as `whsec_` and base64. Each of them signs. */
  readonly secrets: readonly string[];
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Idempotency key: the same in every attempt of one event to one endpoint. */
  readonly id: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** Number of redeliveries on request after the delivery had ended; 0 for the first delivery. */
  readonly replay: number;
  readonly event: Omit<EventContext, "accountId">;
  /** Source of a CloudEvent in binary mode, whose attributes are headers: the public address of the admin side. */
  readonly cloudEventSource?: string;
  /** Marks a requested sample, which is no event. */
  readonly test?: boolean;
  readonly sentAt: Date;
  /** Sent as `traceparent` and `tracestate`. */
  readonly trace?: TraceContext;
}

/** One attempt: a request and its limits. */
export interface AttemptRequest extends RequestContent {
  /** Time limit of the whole exchange: look-up, connection, request and response. */
  readonly timeoutSeconds: number;
  /** Checked once a connection is there, before the first byte is written. False ends the attempt. */
  readonly mayStart?: () => boolean;
}

export interface DeliveryAttempt {
  readonly settings: Pick<RequestContent, "url" | "headers" | "secrets"> & { readonly eventSource: string };
  readonly delivery: {
    readonly eventId: string;
    readonly endpointId: number;
    readonly format: BodyFormat;
    readonly context: EventContext;
  };
  readonly body: Uint8Array;
  readonly attempt: number;
  readonly replay: number;
  readonly sentAt: Date;
}

/** Returns the request of a delivery's attempt: for the engine that sends it, and later for the admin who reads it. */
export function contentOfAttempt({
  settings,
  delivery,
  body,
  attempt,
  replay,
  sentAt,
}: DeliveryAttempt): RequestContent {
  const { eventId: id, format, context: event } = delivery;
  const { url, headers, secrets, eventSource } = settings;
  const content = {
    url,
    headers,
    secrets,
    contentType: contentTypeOf(format),
    body,
    id,
    attempt,
    replay,
    event,
    sentAt,
  };
  const complete = isBinaryCloudEvent(format) ? { ...content, cloudEventSource: eventSource } : content;
  if (!event.trace) return complete;
  return { ...complete, trace: contextOfRequest(event.trace, `${id}.${delivery.endpointId}.${attempt}.${replay}`) };
}

export interface HeaderNeeds {
  readonly signer: Signer;
  readonly userAgent: string;
  /** Credentials of the URL. A custom `authorization` header takes precedence. */
  readonly credentials: string | undefined;
}

/** Returns names and values in turn, the form that undici takes without creating objects. */
export function requestHeaders(request: RequestContent, { signer, userAgent, credentials }: HeaderNeeds): string[] {
  const { id, body, event, attempt, replay, secrets } = request;
  const timestamp = Math.floor(request.sentAt.getTime() / 1000);
  // prettier-ignore
  const headers = [
    "content-type", request.contentType,
    "user-agent", userAgent,
    "webhook-id", id,
    "webhook-timestamp", String(timestamp),
    "webhook-signature", signer.sign({ id, timestamp, body }, secrets),
    "bellwire-attempt", String(attempt),
    "bellwire-event-type", event.type,
    "bellwire-event-time", event.time,
    "bellwire-sequence", String(event.sequence),
    "bellwire-actor", event.actor,
    "bellwire-channel", event.channel,
  ];
  if (replay > 0) headers.push("bellwire-replay", String(replay));
  const { cloudEventSource: source } = request;
  if (source !== undefined) headers.push(...Object.entries(cloudEventHeaders({ ...event, id, source })).flat());
  if (request.test) headers.push("bellwire-test", "true");
  for (const name in request.headers) {
    const value = request.headers[name];
    if (value !== undefined && !isReservedHeader(name)) headers.push(name, value);
  }
  if (credentials && !hasHeader(headers, "authorization")) headers.push("authorization", credentials);
  if (request.trace && !hasHeader(headers, "traceparent")) headers.push(...Object.entries(request.trace).flat());
  return headers;
}

const hasHeader = (headers: readonly string[], name: string): boolean =>
  headers.some((header, at) => at % 2 === 0 && header.toLowerCase() === name);

/** Returns all headers in the order on the wire: undici adds those of the connection and the body. */
export function* headersOnWire(
  headers: readonly string[],
  { host, bodyBytes }: { readonly host: string; readonly bodyBytes: number },
): Generator<readonly [name: string, value: string]> {
  yield ["host", host];
  yield ["connection", "keep-alive"];
  for (let at = 0; at + 1 < headers.length; at += 2) yield [headers[at] ?? "", headers[at + 1] ?? ""];
  yield ["content-length", String(bodyBytes)];
}

type Facts = Parameters<typeof cloudEventAttributes>[0];

/** Returns the attributes of a CloudEvent in binary mode as headers. */
export const cloudEventHeaders = (facts: Facts): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(cloudEventAttributes(facts)).map(([name, value]) => [`ce-${name}`, percentEncoded(String(value))]),
  );

/**
 * Percent-encodes all but visible ASCII characters, and quotes and percent signs (CloudEvents HTTP binding, 3.1.3.2).
 */
export const percentEncoded = (text: string): string =>
  text.replaceAll(/[^\x21-\x7e]|["%]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );

interface DescribedHeader {
  readonly description: string;
  readonly isAlways: boolean;
}

const always = (description: string): DescribedHeader => ({ description, isAlways: true });
const sometimes = (description: string): DescribedHeader => ({ description, isAlways: false });
const binary = (description: string): DescribedHeader =>
  sometimes(`${description} Only in the format \`cloudevents-binary\`.`);

/** Describes the request headers for the reference and the portal, by the names of `requestHeaders`. */
export const describedHeaders: Readonly<Record<string, DescribedHeader>> = {
  "user-agent": always("`Bellwire/` and its version."),
  "webhook-id": always("The event's id, the same in every attempt. Process each id once."),
  "webhook-timestamp": always("When this attempt was sent, in seconds since 1970."),
  "webhook-signature": always(
    "`v1,` and the HMAC-SHA256 of `webhook-id`, `webhook-timestamp` and the body, joined by dots, in base64. For a day " +
      "after a rotation two of them, with a space between; one must be right.",
  ),
  "bellwire-attempt": always("The number of the attempt, from 1."),
  "bellwire-event-type": always("The event type, such as `account.created`."),
  "bellwire-event-time": always("The time of the event, in ISO 8601 with milliseconds."),
  "bellwire-sequence": always(
    "Counts the events of the account without gaps. After a database failover or restore it jumps ahead by a million or more.",
  ),
  "bellwire-actor": always("The actor: `developer:21`, `admin:3`, `token:3`, `key` or `system`."),
  "bellwire-channel": always("The interface of the change: `developer_portal`, `admin_portal`, `api` or `system`."),
  "bellwire-replay": sometimes("The number of manual retries and replays after a success. Absent in the first round."),
  "bellwire-test": sometimes("`true` for a requested sample, which is no event. Absent otherwise."),
  traceparent: sometimes(
    "The request's place in the trace of the change (W3C Trace Context). Only if the operator records traces. Not signed.",
  ),
  tracestate: sometimes("The trace's state, if the change came with one."),
  "ce-specversion": binary("The version of CloudEvents."),
  "ce-id": binary("The event's id."),
  "ce-source": binary("URL of the provider's admin host."),
  "ce-type": binary("What happened."),
  "ce-subject": binary("What it is about, such as `application/41`."),
  "ce-time": binary("When it happened."),
  "ce-bellwiresequence": binary("Counts the events of their account."),
  "ce-bellwireactor": binary("Who did it."),
  "ce-bellwirechannel": binary("The interface of the change."),
};
