import { Problem } from "#http/shared/problem.ts";
import type { AttemptRequest } from "#webhooks/attempts/index.ts";
import {
  type AttemptOutcome,
  bodyFormatOf,
  contentTypeOf,
  errorOf,
  isBinaryCloudEvent,
} from "#webhooks/deliveries/index.ts";
import { type Endpoint, readEndpoint } from "#webhooks/endpoints/index.ts";
import { type Sample, isEventType, sampleBody, sampleFacts } from "#webhooks/events/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import type { AttemptAnswer } from "../deliveries/attempt-schema.ts";
import * as operations from "./endpoint-operations.ts";

export const pingEndpointRoute: BellwireApiRoute = async (
  http,
  { pool, encryption, sender, clock, newId, adminPortalUrl },
) => {
  const options = { schema: operations.pingEndpoint, config: { deed: "change-webhooks" } } as const;
  http.post("/endpoints/:id/ping", options, async (request) => {
    const endpoint = await readEndpoint(pool, encryption, { providerId: request.provider.id, id: request.params.id });
    if (!endpoint) throw new Problem("not-found");
    if (endpoint.url === "") throw new Problem("invalid", { errors: { url: ["Nowhere to ping"] } });
    const type = request.body.event_type ?? endpoint.eventTypes.find(isEventType) ?? "account.created";
    const sentAt = clock.now();
    const source = adminPortalUrl(request.provider);
    const outcome = await sender.send(sampleRequest(endpoint, { type, id: newId(), now: sentAt, source }));
    return representOutcome(outcome, sentAt, endpoint);
  });
};

function sampleRequest(endpoint: Endpoint, sample: Sample): AttemptRequest {
  const { url, headers, secrets, timeoutSeconds } = endpoint;
  const format = bodyFormatOf(endpoint);
  return {
    url,
    headers,
    secrets,
    timeoutSeconds,
    contentType: contentTypeOf(format),
    body: sampleBody(sample, format),
    id: sample.id,
    attempt: 1,
    replay: 0,
    event: sampleFacts(sample),
    ...(isBinaryCloudEvent(format) ? { cloudEventSource: sample.source } : {}),
    test: true,
    sentAt: sample.now,
  };
}

function representOutcome(outcome: AttemptOutcome, sentAt: Date, { success }: Endpoint): AttemptAnswer {
  const answer = outcome.kind === "answered" ? outcome : undefined;
  return {
    number: 1,
    at: sentAt.toISOString(),
    status: answer?.status ?? null,
    error: errorOf(outcome, success) ?? null,
    latency_ms: Math.round(outcome.latencyMs),
    response_headers: answer ? { ...answer.headers } : null,
    response_body: answer ? Buffer.from(answer.body).toString() : null,
  };
}
