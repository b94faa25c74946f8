import { unescape as percentDecoded } from "node:querystring";
import { contextOfRequest, type TraceContext } from "#platform/telemetry/tracing.ts";
import {
  type AttemptOutcome,
  type BodyFormat,
  contentTypeOf,
  type EventContext,
  isBinaryCloudEvent,
} from "#webhooks/deliveries/index.ts";
import { isReservedHeader, maskEndpointUrl, type RepeatedSecret } from "#webhooks/endpoints/index.ts";
import { cloudEventAttributes } from "#webhooks/events/index.ts";
import type { NotMade } from "./exchange.ts";
import { Signer } from "./signature.ts";

/** Parts of an endpoint URL that a request needs. */
export interface Target {
  readonly origin: string;
  /** Host and port. */
  readonly host: string;
  /** Host without port; an IPv6 address in brackets. */
  readonly hostname: string;
  readonly pathname: string;
  /** The query as configured, with its question mark. */
  readonly query: string;
  /** Value of an `authorization` header, from a URL like https://user:password@host/. */
  readonly credentials: string | undefined;
  /** Set for a request bin of this installation. */
  readonly binId: string | undefined;
}

type BinIdOf = (url: URL) => string | undefined;

/** Matches the maximum of lanes per engine; a target takes half a kilobyte. */
const knownMax = 20_000;

/** Parses endpoint URLs and caches the results, since each delivery needs them. */
export class Targets {
  readonly #known = new Map<string, Target | undefined>();
  readonly #binIdOf: BinIdOf;

  constructor(binIdOf: BinIdOf) {
    this.#binIdOf = binIdOf;
  }

  /** Returns undefined if the text is no http or https URL. */
  of(text: string): Target | undefined {
    const known = this.#known.get(text);
    if (known || this.#known.has(text)) return known;
    if (this.#known.size === knownMax) this.#known.clear();
    const target = parseTarget(text, this.#binIdOf);
    this.#known.set(text, target);
    return target;
  }
}

/** Returns undefined if the text is no http or https URL. */
function parseTarget(text: string, binIdOf: BinIdOf): Target | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const { origin, host, hostname, pathname } = url;
  return {
    origin,
    host,
    hostname,
    pathname,
    query: rawQuery(text),
    credentials: credentialsOf(url),
    binId: binIdOf(url),
  };
}

/** Converts user and password of a URL to HTTP Basic, as the sender of 3scale does. */
function credentialsOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const plain = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return `Basic ${Buffer.from(plain).toString("base64")}`;
}

/**
 * Returns the query of a URL as configured, with its question mark; empty without a query. `URL` would rewrite quotes
 * and angle brackets and drop an empty query, but a receiver may sign or compare it as configured. Percent-encodes only
 * characters that a request line must not contain; drops line breaks, tabs and surrounding spaces.
 */
function rawQuery(text: string): string {
  const url = text.replaceAll(/[\t\n\r]/g, "").replace(/[\0- ]+$/, "");
  const [beforeFragment = ""] = url.split("#", 1);
  const at = beforeFragment.indexOf("?");
  if (at === -1) return "";
  return beforeFragment
    .slice(at)
    .toWellFormed()
    .replaceAll(/[^!-~]/gu, encodeURIComponent);
}

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
export function contentOfAttempt({ settings, delivery, ...sent }: DeliveryAttempt): RequestContent {
  const { eventId: id, endpointId, format, context: event } = delivery;
  const { url, headers, secrets, eventSource } = settings;
  const content = { url, headers, secrets, contentType: contentTypeOf(format), id, event, ...sent };
  const complete = isBinaryCloudEvent(format) ? { ...content, cloudEventSource: eventSource } : content;
  if (!event.trace) return complete;
  return { ...complete, trace: contextOfRequest(event.trace, `${id}.${endpointId}.${sent.attempt}.${sent.replay}`) };
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
  "bellwire-event-time": always(
    "The time of the event, in ISO 8601 with milliseconds. Not before that of the account's previous event, unless a clock was wrong by more than an hour.",
  ),
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

/** A request as it is on the wire. */
export interface SentRequest {
  readonly method: "POST";
  /** Without user information, which is sent as a header, and without fragment. */
  readonly url: string;
  /** In their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** Renders a request again from its content, with the same bytes. Returns undefined if nothing can be sent to its URL. */
export function renderSentRequest(content: RequestContent, userAgent: string): SentRequest | undefined {
  const target = parseTarget(content.url, () => undefined);
  if (!target) return undefined;
  const { origin, host, pathname, query, credentials } = target;
  const headers = requestHeaders(content, { signer: new Signer(), userAgent, credentials });
  return {
    method: "POST",
    url: origin + pathname + query,
    headers: [...headersOnWire(headers, { host, bodyBytes: content.body.byteLength })],
    body: content.body,
  };
}

/**
 * Masks the secrets of the URL, the values of custom headers, of credentials and of the signature, with which anybody could
 * repeat the request for some minutes.
 */
export function maskSentRequest(
  sent: SentRequest,
  { headers, format }: Pick<RequestContent, "headers"> & { readonly format: BodyFormat },
): SentRequest {
  const custom = Object.keys(headers).map((name) => name.toLowerCase());
  const secret = new Set([...custom, "authorization", "webhook-signature"]);
  return {
    ...sent,
    url: maskEndpointUrl({ url: sent.url, format }),
    headers: sent.headers.map(([name, value]) => [name, secret.has(name.toLowerCase()) ? "…" : value]),
  };
}

/**
 * Masks the secrets of a request's URL in its response: a redirect to https repeats them in `location`, and many error pages do. What is
 * recorded outlives the endpoint, whose secrets are erased, so call it before.
 */
export function maskOutcome<Outcome extends AttemptOutcome | NotMade>(
  outcome: Outcome,
  secrets: readonly RepeatedSecret[],
): Outcome | AttemptOutcome {
  if (outcome.kind !== "answered" || secrets.length === 0) return outcome;
  const body = Buffer.from(outcome.body.buffer, outcome.body.byteOffset, outcome.body.byteLength);
  const values = Object.values(outcome.headers);
  const repeated = secrets.filter(
    ([secret]) => body.includes(secret) || values.some((value) => value.includes(secret)),
  );
  if (repeated.length === 0) return outcome;
  const mask = (text: string): string =>
    repeated.reduce((masked, [secret, shown]) => masked.replaceAll(secret, () => shown), text);
  const headers = Object.entries(outcome.headers).map(([name, value]) => [name, mask(value)] as const);
  return { ...outcome, headers: Object.fromEntries(headers), body: maskBytes(body, repeated) };
}

/** Leaves other bytes as they are, also those that are no UTF-8. A URL's secrets are ASCII. */
function maskBytes(body: Buffer, secrets: readonly RepeatedSecret[]): Buffer {
  const masked = secrets.reduce(
    (text, [secret, shown]) => text.replaceAll(secret, () => Buffer.from(shown).toString("latin1")),
    body.toString("latin1"),
  );
  return Buffer.from(masked, "latin1");
}

/** Headers that curl derives from the URL and the body. */
const setByCurl: ReadonlySet<string> = new Set(["host", "content-length"]);

/**
 * Renders a curl command for POSIX shells that sends the same request line, headers and body. Headers that curl would
 * add are removed, and nothing in the URL is expanded.
 */
export function renderCurl({ url, headers, body }: SentRequest): string {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const sentHeaders = headers.filter(([name]) => !setByCurl.has(name.toLowerCase()));
  const removed = ["Accept", "Expect"].filter((name) => !names.has(name.toLowerCase()));
  return [
    `curl --http1.1 --globoff --path-as-is ${quoted(url)}`,
    // A header without a value ends with a semicolon, or curl would leave it out.
    ...sentHeaders.map(([name, value]) => `--header ${quoted(value === "" ? `${name};` : `${name}: ${value}`)}`),
    ...removed.map((name) => `--header ${quoted(`${name}:`)}`),
    `--data-raw ${quoted(Buffer.from(body).toString())}`,
  ].join(" \\\n  ");
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
