import { isReservedHeader } from "#webhooks/endpoints/index.ts";
import type { AttemptRequest } from "./attempt-request.ts";
import { cloudEventHeaders } from "./cloud-event-headers.ts";
import type { Signer } from "./sign-request.ts";

export interface HeaderNeeds {
  readonly signer: Signer;
  readonly userAgent: string;
  /** Of the URL. An `authorization` header of the endpoint's own goes before. */
  readonly credentials: string | undefined;
}

/** Names and values in turn, which is how undici takes them without making objects. */
export function requestHeaders(request: AttemptRequest, { signer, userAgent, credentials }: HeaderNeeds): string[] {
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
  if (credentials && !headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === "authorization")) {
    headers.push("authorization", credentials);
  }
  return headers;
}
