import { parseRowId } from "#platform/ids.ts";
import { Type, type Static } from "typebox";
import { denialReason, recordAudit, type AdminCaller } from "#access/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { AttemptRequest } from "#webhooks/attempts/index.ts";
import {
  bodyFormatOf,
  contentTypeOf,
  errorOf,
  isBinaryCloudEvent,
  type AttemptOutcome,
} from "#webhooks/deliveries/index.ts";
import {
  updateEndpoint,
  createEndpoint,
  deleteEndpoint,
  listEndpoints,
  readEndpoint,
  rotateSecret,
  type Endpoint,
  type EndpointInput,
} from "#webhooks/endpoints/index.ts";
import { eventTypes, isEventType, sampleBody, sampleFacts, type Sample } from "#webhooks/events/index.ts";
import { Problem } from "../shared/problem.ts";
import { AttemptSchema, type AttemptDocument } from "./deliveries.ts";
import { IdOf, Nullable, pageLimit, pageOf, pageQuery, parseCursor, representPage, Timestamp } from "./fields.ts";
import {
  answersNoContent,
  created,
  noContent,
  operation,
  Reply,
  requireAccepted,
  requireFound,
  type Operation,
  type OperationNeeds,
} from "./operation.ts";

const EventTypeOrAll = Type.Enum([...eventTypes, "*"], {
  description: "A type of event, or `*` for all, those to come included.",
});

/** The fields that an admin may set. Each has a default that fits the format. */
const settings = {
  description: Nullable(Type.String({ maxLength: 2000 })),
  active: Type.Boolean({ description: "Off: new events make no delivery here, and what is due is held." }),
  event_types: Type.Array(EventTypeOrAll),
  provider_actions: Type.Boolean({ description: "Also what is done in the Admin Portal and by access tokens." }),
  all_actors: Type.Boolean({
    description:
      "Also activation by e-mail, changes by provider key, and background changes, which have no acting user.",
  }),
  format: Type.Enum(["3scale", "json", "cloudevents", "cloudevents-binary"], {
    description:
      "`3scale`: the XML that 3scale sends. `json`: `{type, timestamp, data}`, as Standard Webhooks recommends. " +
      "`cloudevents`: a CloudEvent 1.0 as one JSON object. `cloudevents-binary`: a CloudEvent whose attributes are " +
      "headers, `ce-id` and so on, and whose body is its data.",
  }),
  headers: Type.Record(Type.String(), Type.String(), {
    description: "Sent along with every request, for example an Authorization that the receiver asks for.",
  }),
  retry_waits_seconds: Type.Array(Type.Integer({ minimum: 0, maximum: 604_800 }), {
    maxItems: 50,
    description: "How long to wait after each failed attempt. When the list is used up, the delivery has failed.",
  }),
  success: Type.Enum(["200", "200-207", "2xx"], {
    description: "The answers that count as delivered.",
  }),
  timeout_seconds: Type.Integer({ minimum: 1, maximum: 60, description: "How long one attempt may take in all." }),
  max_in_flight: Nullable(
    Type.Integer({ minimum: 1, maximum: 1000, description: "Deliveries under way at once, at most." }),
  ),
  max_per_second: Nullable(Type.Integer({ minimum: 1, maximum: 100_000 })),
  ordering: Type.Enum(["none", "object", "account"], {
    description:
      "`account`: what concerns one account goes one after another. `object`: what concerns one object does.",
  }),
  include_credentials: Type.Boolean({ description: "Whether keys and secrets appear in formats other than `3scale`." }),
};

const name = Type.String({
  minLength: 1,
  maxLength: 255,
  description: "Unique. The endpoint named `default` is the webhook of 3scale's page and API.",
});
const url = Type.String({ maxLength: 2048, description: "Absolute, http or https. Its query is kept as it is." });

const EndpointSchema = Type.Object(
  {
    id: Type.Integer(),
    name,
    url: Type.String({
      description:
        "The values of its query, its user information and its fragment are hidden: `readEndpointUrl` reads them. Written back as " +
        "it is here, the URL stays as it was.",
    }),
    url_masked: Type.String({ description: "The same as `url`." }),
    ...settings,
    event_types: Type.Array(Type.String()),
    state: Type.Enum(["enabled", "paused", "disabled", "undecryptable"], {
      description:
        "`paused` (by you), `disabled` (by Bellwire) and `undecryptable` (no key at hand reads its URL, headers or secret): events are recorded and held; `disabled_reason` says why.",
    }),
    disabled_reason: Nullable(Type.String()),
    held_until: Nullable(
      Type.String({
        format: "date-time",
        description:
          "Nothing is sent before then: the receiver asked for it with `Retry-After` (an hour at most is believed), or does not answer. A retry by hand ends it.",
      }),
    ),
    previous_secret_until: Nullable(Timestamp),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: "Endpoint", description: "Where to send, which events, and how." },
);

const state = Type.Enum(["enabled", "paused"], {
  description: "`enabled` also brings a disabled endpoint back.",
});

const EndpointChangeSchema = Type.Partial(Type.Object({ name, url, ...settings, state }), {
  title: "EndpointChange",
  additionalProperties: false,
});

const NewEndpointSchema = Type.Object(
  { name, url, ...Type.Partial(Type.Object({ ...settings, state })).properties },
  { title: "NewEndpoint", additionalProperties: false },
);

const EndpointSecretSchema = Type.Object(
  { secret: Type.String({ description: "`whsec_` and the key in base64, as Standard Webhooks writes it." }) },
  { title: "EndpointSecret", description: "What signs from now on." },
);

const EndpointUrlSchema = Type.Object(
  { url: Type.String({ description: "As configured, with its secrets." }) },
  { title: "EndpointUrl", description: "Where its requests go." },
);

/** Represents an endpoint with its URL masked. Callers who may not change it see no header values. */
export function representEndpoint(endpoint: Endpoint, mayChange: boolean): Static<typeof EndpointSchema> {
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
      : Object.fromEntries(Object.keys(endpoint.headers).map((header) => [header, "…"])),
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

const mayChangeEndpoints = (caller: AdminCaller, provider: Provider): boolean =>
  denialReason(caller, "change-webhooks", provider) === undefined;

const parseEndpointInput = (body: Static<typeof EndpointChangeSchema>): EndpointInput => ({
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

const requireEndpoint = async (
  { pool, encryption }: OperationNeeds,
  provider: Provider,
  id: number,
): Promise<Endpoint> => requireFound(await readEndpoint(pool, encryption, { providerId: provider.id, id }));

function sampleRequest(endpoint: Endpoint, sample: Sample): AttemptRequest {
  const format = bodyFormatOf(endpoint);
  return {
    url: endpoint.url,
    headers: endpoint.headers,
    secrets: endpoint.secrets,
    timeoutSeconds: endpoint.timeoutSeconds,
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

function representOutcome(outcome: AttemptOutcome, sentAt: Date, { success }: Endpoint): AttemptDocument {
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

const tag = "Endpoints";
const params = Type.Object({ id: IdOf("the endpoint") });

/** Reading a secret takes the permission to change it, because its holder can sign as we do. */
const secretAction = "change-webhooks";

export const endpointOperations: readonly Operation[] = [
  operation({
    id: "listEndpoints",
    tag,
    title: "List the endpoints",
    description: "By age, a page at a time.",
    method: "GET",
    path: "/endpoints",
    action: "read-webhooks",
    query: Type.Object(pageQuery),
    answers: { 200: pageOf(EndpointSchema) },
    async answer({ pool, encryption }, { provider, caller, query: { limit = pageLimit, after } }) {
      const mayChange = mayChangeEndpoints(caller, provider);
      const page = { providerId: provider.id, afterId: parseCursor(after, parseRowId), limit: limit + 1 };
      const endpoints = await listEndpoints(pool, encryption, page);
      return representPage(endpoints, limit, {
        represent: (endpoint) => representEndpoint(endpoint, mayChange),
        cursorOf: ({ id }) => String(id),
      });
    },
  }),
  operation({
    id: "createEndpoint",
    tag,
    title: "Make an endpoint",
    description: "What is left out gets a default that fits the format.",
    method: "POST",
    path: "/endpoints",
    action: "change-webhooks",
    body: NewEndpointSchema,
    answers: { 201: EndpointSchema },
    mayConflict: true,
    async answer(needs, { provider, by: { actor }, body }) {
      const input = parseEndpointInput(body);
      const source = needs.adminPortalUrl(provider);
      const endpoint = await createEndpoint(needs, { providerId: provider.id, input, actor, source });
      requireAccepted(endpoint);
      return created(`/endpoints/${endpoint.id}`, representEndpoint(endpoint, true));
    },
  }),
  operation({
    id: "readEndpoint",
    tag,
    title: "Read an endpoint",
    description: "Its URL is masked, as in all responses.",
    method: "GET",
    path: "/endpoints/{id}",
    action: "read-webhooks",
    params,
    answers: { 200: EndpointSchema },
    async answer(needs, { provider, caller, params: { id } }) {
      return representEndpoint(await requireEndpoint(needs, provider, id), mayChangeEndpoints(caller, provider));
    },
  }),
  operation({
    id: "changeEndpoint",
    tag,
    title: "Change an endpoint",
    description: "Changes the fields that are given. It counts from the next attempt on, of what is pending too.",
    method: "PATCH",
    path: "/endpoints/{id}",
    action: "change-webhooks",
    params,
    body: EndpointChangeSchema,
    answers: { 200: EndpointSchema },
    mayConflict: true,
    async answer(needs, { provider, by: { actor }, params: { id }, body }) {
      const input = parseEndpointInput(body);
      const source = needs.adminPortalUrl(provider);
      const endpoint = requireFound(await updateEndpoint(needs, { providerId: provider.id, id, input, actor, source }));
      requireAccepted(endpoint);
      return representEndpoint(endpoint, true);
    },
  }),
  operation({
    id: "deleteEndpoint",
    tag,
    title: "Delete an endpoint",
    description: "Its pending deliveries are cancelled. Its history stays.",
    method: "DELETE",
    path: "/endpoints/{id}",
    action: "change-webhooks",
    params,
    answers: answersNoContent,
    async answer({ pool }, { provider, by: { actor }, params: { id } }) {
      if (!(await deleteEndpoint(pool, { providerId: provider.id, id, actor }))) throw new Problem("not-found");
      return noContent;
    },
  }),
  operation({
    id: "readEndpointSecret",
    tag,
    title: "Read the secret that signs",
    description: "For those who may change the endpoint. Give it to the receiver, which verifies signatures with it.",
    method: "GET",
    path: "/endpoints/{id}/secret",
    action: secretAction,
    params,
    answers: { 200: EndpointSecretSchema },
    async answer(needs, { provider, params: { id } }) {
      const { secrets } = await requireEndpoint(needs, provider, id);
      return { secret: requireFound(secrets[0]) };
    },
  }),
  operation({
    id: "readEndpointUrl",
    tag,
    title: "Read the whole URL",
    description:
      "For those who may change the endpoint. Its query often holds a secret, so an audit record names who read it.",
    method: "GET",
    path: "/endpoints/{id}/url",
    action: secretAction,
    params,
    answers: { 200: EndpointUrlSchema },
    async answer(needs, { provider, by: { actor }, params: { id } }) {
      const { url: fullUrl, name: endpointName } = await requireEndpoint(needs, provider, id);
      // Committed before the URL is sent, so no reading goes unrecorded.
      await needs.pool.inTransaction((tx) =>
        recordAudit(tx, {
          providerId: provider.id,
          actor,
          action: "endpoint.url_read",
          subject: `endpoint/${id}`,
          detail: { name: endpointName },
        }),
      );
      return new Reply(200, { url: fullUrl }, { "cache-control": "no-store" });
    },
  }),
  operation({
    id: "rotateEndpointSecret",
    tag,
    title: "Make a new secret",
    description: "For 24 hours both the new and the old one sign, so that the receiver can change without a gap.",
    method: "POST",
    path: "/endpoints/{id}/rotate_secret",
    action: secretAction,
    params,
    answers: { 200: EndpointSecretSchema },
    async answer(needs, { provider, by: { actor }, params: { id } }) {
      const { secrets } = requireFound(await rotateSecret(needs, { providerId: provider.id, id, actor }));
      return { secret: requireFound(secrets[0]) };
    },
  }),
  operation({
    id: "pingEndpoint",
    tag,
    title: "Send a sample event now",
    description:
      "A signed sample of the event, marked `bellwire-test: true`, through the same guard and sender as real ones. " +
      "Answers with the attempt. It is not recorded.",
    method: "POST",
    path: "/endpoints/{id}/ping",
    action: "change-webhooks",
    params,
    body: Type.Object({ event_type: Type.Optional(Type.Enum([...eventTypes])) }, { additionalProperties: false }),
    answers: { 200: AttemptSchema },
    async answer(needs, { provider, params: { id }, body }) {
      const endpoint = await requireEndpoint(needs, provider, id);
      if (endpoint.url === "") throw new Problem("invalid", { errors: { url: ["Nowhere to ping"] } });
      const type = body.event_type ?? endpoint.eventTypes.find(isEventType) ?? "account.created";
      const now = needs.clock.now();
      const sample = { type, id: needs.newId(), now, source: needs.adminPortalUrl(provider) };
      return representOutcome(await needs.sender.send(sampleRequest(endpoint, sample)), now, endpoint);
    },
  }),
];
