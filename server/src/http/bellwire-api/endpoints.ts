import { parseRowId } from "#platform/ids.ts";
import { Type, type Static } from "typebox";
import { type Actor, recordAudit } from "#access/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type AttemptRequest, maskOutcome, outcomeOfNotMade } from "#webhooks/attempts/index.ts";
import {
  bodyFormatOf,
  contentTypeOf,
  errorOf,
  isBinaryCloudEvent,
  type AttemptOutcome,
} from "#webhooks/deliveries/index.ts";
import {
  defaultEndpointName,
  updateEndpoint,
  createEndpoint,
  deleteEndpoint,
  isDeletedEndpoint,
  listEndpoints,
  readEndpoint,
  restoreEndpoint,
  rotateSecret,
  settingSchemas,
  urlSecrets,
  type Endpoint,
  type EndpointInput,
} from "#webhooks/endpoints/index.ts";
import {
  eventTypes,
  isEventType,
  isOperational,
  sampleBody,
  sampleFacts,
  type Sample,
} from "#webhooks/events/index.ts";
import { Problem } from "../shared/problem.ts";
import { AttemptSchema, representMaskedRequest, representTrace, type AttemptDocument } from "./attempts.ts";
import {
  IdOf,
  Nullable,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  representAs,
  representPage,
  Timestamp,
  valuesOf,
} from "./fields.ts";
import {
  noContentResponse,
  created,
  noContent,
  operation,
  Reply,
  requireAccepted,
  requireFound,
  type Operation,
  type OperationNeeds,
  mayChangeWebhooks,
} from "./operation.ts";

const { name, url, ...otherSettings } = settingSchemas;

const EndpointSchema = Type.Object(
  {
    id: Type.Integer(),
    name,
    url: Type.String({
      description:
        "The values of its query, its user information and its fragment are masked, and the path of a chat program's: " +
        "`readEndpointUrl` returns them. Writing the masked URL back changes nothing.",
    }),
    url_masked: Type.String({ description: "The same as `url`." }),
    ...otherSettings,
    event_types: Type.Array(Type.String()),
    state: Type.Enum(["enabled", "paused", "disabled", "undecryptable"], {
      description:
        "`paused` (by you), `disabled` (by Bellwire) and `undecryptable` (no configured key decrypts its URL, headers or secret): events are recorded and held; `disabled_reason` says why.",
    }),
    disabled_reason: Nullable(Type.String()),
    held_until: Nullable(
      Type.String({
        format: "date-time",
        description:
          "Nothing is sent before then: the receiver responded with `Retry-After` (an hour at most is respected), or does not respond. A manual retry ends the pause.",
      }),
    ),
    held_after_restore: Type.Boolean({
      description: "The database was restored. Nothing is sent until the operator resumes deliveries.",
    }),
    previous_secret_until: Nullable(Timestamp),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: "Endpoint", description: "A destination URL with its event types and delivery settings." },
);

const EndpointChangeSchema = Type.Partial(Type.Object(settingSchemas), {
  title: "EndpointChange",
  additionalProperties: false,
});

const NewEndpointSchema = Type.Object(
  { name, url, ...Type.Partial(Type.Object(otherSettings)).properties },
  { title: "NewEndpoint", additionalProperties: false },
);

const EndpointSecretSchema = Type.Object(
  { secret: Type.String({ description: "`whsec_` and the key in base64, as Standard Webhooks writes it." }) },
  { title: "EndpointSecret", description: "The new signing secret." },
);

const EndpointUrlSchema = Type.Object(
  { url: Type.String({ description: "As configured, with its secrets." }) },
  { title: "EndpointUrl", description: "The destination URL." },
);

const toEndpoint = representAs(EndpointSchema);

/** Represents an endpoint with its URL masked. Callers who may not change it see no header values. */
export function representEndpoint(endpoint: Endpoint, { mayChange }: { readonly mayChange: boolean }) {
  const { undecryptable, headers } = endpoint;
  return toEndpoint({
    ...endpoint,
    url: endpoint.urlMasked,
    headers: mayChange ? headers : Object.fromEntries(Object.keys(headers).map((header) => [header, "…"])),
    state: undecryptable === null ? endpoint.state : "undecryptable",
    disabledReason:
      undecryptable === null ? endpoint.disabledReason : `Its settings cannot be decrypted: ${undecryptable}.`,
    heldAfterRestore: endpoint.isHeldAfterRestore,
  });
}

const parseEndpointInput = (body: Static<typeof EndpointChangeSchema>): EndpointInput =>
  valuesOf({ ...body, ...(body.event_types && { event_types: [...new Set(body.event_types)] }) });

const requireEndpoint = async (
  { pool, encryption }: OperationNeeds,
  provider: Provider,
  id: number,
): Promise<Endpoint> => requireFound(await readEndpoint(pool, encryption, { providerId: provider.id, id }));

/** Records who reads a secret of an endpoint. Committed before the secret is sent, so no reading goes unrecorded. */
const auditReading = (
  { pool }: OperationNeeds,
  { providerId, id, name: endpointName }: Endpoint,
  reading: { readonly actor: Actor; readonly action: string },
): Promise<void> =>
  pool.inTransaction((tx) =>
    recordAudit(tx, { providerId, subject: `endpoint/${id}`, detail: { name: endpointName }, ...reading }),
  );

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

function representOutcome(
  outcome: AttemptOutcome,
  request: AttemptRequest,
  { success, format, userAgent }: Pick<Endpoint, "success" | "format"> & { readonly userAgent: string },
): AttemptDocument {
  const answer = outcome.kind === "answered" ? outcome : undefined;
  return {
    number: 1,
    at: request.sentAt.toISOString(),
    status: answer?.status ?? null,
    error: errorOf(outcome, success) ?? null,
    latency_ms: Math.round(outcome.latencyMs),
    ...representTrace(outcome.trace),
    request: representMaskedRequest(request, { userAgent, format }),
    response_headers: answer ? { ...answer.headers } : null,
    response_body: answer ? Buffer.from(answer.body).toString() : null,
  };
}

const params = Type.Object({ id: IdOf("the endpoint") });

/** Reading a secret takes the permission to change it, because its holder can sign as we do. */
const secretAction = "change-webhooks";

export const endpointOperations: readonly Operation[] = [
  operation({
    id: "listEndpoints",
    title: "List the endpoints",
    description: "By age, a page at a time.",
    method: "GET",
    path: "/endpoints",
    action: "read-webhooks",
    query: Type.Object(pageQuery),
    responses: { 200: pageOf(EndpointSchema) },
    async handle({ pool, encryption }, { provider, caller, query: { limit = pageLimit, after } }) {
      const mayChange = mayChangeWebhooks(caller, provider);
      const page = { providerId: provider.id, afterId: parseCursor(after, parseRowId), limit: limit + 1 };
      const endpoints = await listEndpoints(pool, encryption, page);
      return representPage(endpoints, limit, {
        represent: (endpoint) => representEndpoint(endpoint, { mayChange }),
        cursorOf: ({ id }) => String(id),
      });
    },
  }),
  operation({
    id: "createEndpoint",
    title: "Create an endpoint",
    description: "Omitted fields get a default that fits the format.",
    method: "POST",
    path: "/endpoints",
    action: "change-webhooks",
    body: NewEndpointSchema,
    responses: { 201: EndpointSchema },
    async handle(needs, { provider, by: { actor }, body }) {
      const input = parseEndpointInput(body);
      const source = needs.adminPortalUrl(provider);
      const endpoint = await createEndpoint(needs, { providerId: provider.id, input, actor, source });
      requireAccepted(endpoint);
      return created(`/endpoints/${endpoint.id}`, representEndpoint(endpoint, { mayChange: true }));
    },
  }),
  operation({
    id: "readEndpoint",
    title: "Read an endpoint",
    description: "Its URL is masked, as in all responses.",
    method: "GET",
    path: "/endpoints/{id}",
    action: "read-webhooks",
    params,
    responses: { 200: EndpointSchema },
    async handle(needs, { provider, caller, params: { id } }) {
      const endpoint = await requireEndpoint(needs, provider, id);
      return representEndpoint(endpoint, { mayChange: mayChangeWebhooks(caller, provider) });
    },
  }),
  operation({
    id: "changeEndpoint",
    title: "Change an endpoint",
    description: "Changes the given fields. They apply from the next attempt on, also to pending deliveries.",
    method: "PATCH",
    path: "/endpoints/{id}",
    action: "change-webhooks",
    params,
    body: EndpointChangeSchema,
    responses: { 200: EndpointSchema },
    async handle(needs, { provider, by: { actor }, params: { id }, body }) {
      const input = parseEndpointInput(body);
      const source = needs.adminPortalUrl(provider);
      const endpoint = requireFound(await updateEndpoint(needs, { providerId: provider.id, id, input, actor, source }));
      requireAccepted(endpoint);
      return representEndpoint(endpoint, { mayChange: true });
    },
  }),
  operation({
    id: "deleteEndpoint",
    title: "Delete an endpoint",
    description:
      "Stops all deliveries to it. Pending deliveries are held for a minute, in which the deletion can be undone, and then " +
      "cancelled; its URL, headers and secrets are erased. Its history stays, with masked URLs.",
    method: "DELETE",
    path: "/endpoints/{id}",
    action: "change-webhooks",
    params,
    responses: noContentResponse,
    async handle({ pool }, { provider, by: { actor }, params: { id } }) {
      requireFound(await deleteEndpoint(pool, { providerId: provider.id, id, actor }));
      return noContent;
    },
  }),
  operation({
    id: "undoDeleteEndpoint",
    title: "Undo the deletion of an endpoint",
    description:
      "Within a minute of the deletion. The held deliveries, and those of events recorded meanwhile, are sent. Answers 409 if " +
      "the endpoint is not deleted, the minute has passed, or another endpoint has its name.",
    method: "POST",
    path: "/endpoints/{id}/undo_delete",
    action: "change-webhooks",
    params,
    responses: { 200: EndpointSchema },
    async handle(needs, { provider, by: { actor }, params: { id } }) {
      const key = { providerId: provider.id, id };
      const restored = await restoreEndpoint(needs, { ...key, actor });
      if (restored) return representEndpoint(restored, { mayChange: true });
      if (await readEndpoint(needs.pool, needs.encryption, key))
        throw new Problem("conflict", { detail: "The endpoint is not deleted." });
      if (!(await isDeletedEndpoint(needs.pool, key))) throw new Problem("not-found");
      throw new Problem("conflict", { detail: "The deletion can no longer be undone: a minute has passed." });
    },
  }),
  operation({
    id: "readEndpointSecret",
    title: "Read the signing secret",
    description:
      "For those who may change the endpoint. Give it to the receiver, which verifies signatures with it. An audit record " +
      "names who read it.",
    method: "GET",
    path: "/endpoints/{id}/secret",
    action: secretAction,
    params,
    responses: { 200: EndpointSecretSchema },
    async handle(needs, { provider, by: { actor }, params: { id } }) {
      const endpoint = await requireEndpoint(needs, provider, id);
      const secret = requireFound(endpoint.secrets[0]);
      await auditReading(needs, endpoint, { actor, action: "endpoint.secret_read" });
      return { secret };
    },
  }),
  operation({
    id: "readEndpointUrl",
    title: "Read the unmasked URL",
    description:
      "For those who may change the endpoint. Its query often holds a secret, so an audit record names who read it.",
    method: "GET",
    path: "/endpoints/{id}/url",
    action: secretAction,
    params,
    responses: { 200: EndpointUrlSchema },
    async handle(needs, { provider, by: { actor }, params: { id } }) {
      const endpoint = await requireEndpoint(needs, provider, id);
      await auditReading(needs, endpoint, { actor, action: "endpoint.url_read" });
      return new Reply(200, { url: endpoint.url }, { "cache-control": "no-store" });
    },
  }),
  operation({
    id: "rotateEndpointSecret",
    title: "Rotate the signing secret",
    description: "For 24 hours, requests are signed with both secrets, so that the receiver can change without a gap.",
    method: "POST",
    path: "/endpoints/{id}/rotate_secret",
    action: secretAction,
    params,
    responses: { 200: EndpointSecretSchema },
    async handle(needs, { provider, by: { actor }, params: { id } }) {
      const { secrets } = requireFound(await rotateSecret(needs, { providerId: provider.id, id, actor }));
      return { secret: requireFound(secrets[0]) };
    },
  }),
  operation({
    id: "pingEndpoint",
    title: "Send a sample event now",
    description:
      "A signed sample of the event, marked `bellwire-test: true`, through the same guard and sender as real ones. " +
      "Answers with the attempt. It is not recorded.",
    method: "POST",
    path: "/endpoints/{id}/ping",
    action: "change-webhooks",
    params,
    body: Type.Object({ event_type: Type.Optional(Type.Enum([...eventTypes])) }, { additionalProperties: false }),
    responses: { 200: AttemptSchema },
    async handle(needs, { provider, params: { id }, body }) {
      const endpoint = await requireEndpoint(needs, provider, id);
      if (endpoint.url === "") throw new Problem("invalid", { errors: { url: ["Nowhere to ping"] } });
      if (body.event_type && endpoint.name === defaultEndpointName && isOperational(body.event_type))
        throw new Problem("invalid", { errors: { event_type: ["is never sent to 3scale's webhook"] } });
      const type = body.event_type ?? endpoint.eventTypes.find(isEventType) ?? "account.created";
      const now = needs.clock.now();
      const sample = { type, id: needs.newId(), now, source: needs.adminPortalUrl(provider) };
      const request = sampleRequest(endpoint, sample);
      const { success, format } = endpoint;
      const { userAgent } = needs.sender;
      const sent = maskOutcome(await needs.sender.send(request), urlSecrets(endpoint));
      const outcome = sent.kind === "not-made" ? outcomeOfNotMade(sent) : sent;
      return representOutcome(outcome, request, { success, format, userAgent });
    },
  }),
];
