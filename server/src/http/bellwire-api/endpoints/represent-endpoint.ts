import { type AdminCaller, denialOf } from "#access/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { Endpoint, EndpointInput } from "#webhooks/endpoints/index.ts";
import type { EndpointAnswer, EndpointChangeBody } from "./endpoint-schema.ts";

/** Represents it with its URL masked. `mayChange`: whether the caller may see the values of its headers. */
export function representEndpoint(endpoint: Endpoint, mayChange: boolean): EndpointAnswer {
  return {
    id: endpoint.id,
    name: endpoint.name,
    url: endpoint.urlMasked,
    url_masked: endpoint.urlMasked,
    description: endpoint.description,
    active: endpoint.active,
    event_types: [...endpoint.eventTypes],
    provider_actions: endpoint.providerActions,
    all_actors: endpoint.allActors,
    format: endpoint.format,
    headers: mayChange
      ? endpoint.headers
      : Object.fromEntries(Object.keys(endpoint.headers).map((name) => [name, "…"])),
    retry_waits_seconds: [...endpoint.retryWaitsSeconds],
    success: endpoint.success,
    timeout_seconds: endpoint.timeoutSeconds,
    max_in_flight: endpoint.maxInFlight,
    max_per_second: endpoint.maxPerSecond,
    ordering: endpoint.ordering,
    include_credentials: endpoint.includeCredentials,
    state: endpoint.undecryptable === null ? endpoint.state : "undecryptable",
    disabled_reason:
      endpoint.undecryptable === null
        ? endpoint.disabledReason
        : `Its settings cannot be decrypted: ${endpoint.undecryptable}.`,
    held_until: endpoint.heldUntil?.toISOString() ?? null,
    previous_secret_until: endpoint.previousSecretUntil?.toISOString() ?? null,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}

export const mayChangeEndpoints = (caller: AdminCaller, provider: Provider): boolean =>
  denialOf(caller, "change-webhooks", provider) === undefined;

/** What is given in a body, by the names of the domain. */
export const inputOf = (body: EndpointChangeBody): EndpointInput => ({
  name: body.name,
  url: body.url,
  description: body.description,
  active: body.active,
  eventTypes: body.event_types && [...new Set(body.event_types)],
  providerActions: body.provider_actions,
  allActors: body.all_actors,
  format: body.format,
  headers: body.headers,
  retryWaitsSeconds: body.retry_waits_seconds,
  success: body.success,
  timeoutSeconds: body.timeout_seconds,
  maxInFlight: body.max_in_flight,
  maxPerSecond: body.max_per_second,
  ordering: body.ordering,
  includeCredentials: body.include_credentials,
  state: body.state,
});
