import { type Static, Type } from "typebox";
import { recordAudit } from "#access/index.ts";
import { exampleExpiry, isoTime, laterExampleTime } from "#platform/times.ts";
import {
  contentOfAttempt,
  maskSentRequest,
  renderCurl,
  renderSentRequest,
  type RequestContent,
  type SentRequest,
} from "#webhooks/attempts/index.ts";
import {
  type Attempt,
  type AttemptTrace,
  type BodyFormat,
  connectionKinds,
  type DeliveryDetails,
  deliveryId,
  outcomeClasses,
  outcomeClassOf,
  parseDeliveryId,
  readDelivery,
  type RecordedTrace,
} from "#webhooks/deliveries/index.ts";
import { readSentSettings, type SentSettings } from "#webhooks/endpoints/index.ts";
import {
  deliveryFilterFields,
  deliveryStates,
  findPage,
  type FoundAttempt,
  parseSearchCursor,
  writeSearchCursor,
} from "#webhooks/search/index.ts";
import {
  EventId,
  Nullable,
  pageLimit,
  pageQuery,
  parseCursor,
  representAs,
  representFoundPage,
  searchedPageOf,
  Timestamp,
} from "./fields.ts";
import { operation, type Operation, type OperationNeeds, Reply, requireFound } from "./operation.ts";
import { countOperation, exampleCount, requireSearch } from "./searches.ts";

export const attemptFields = {
  at: Type.String({ ...Timestamp, description: "When it was sent." }),
  status: Nullable(Type.Integer({ description: "The status of the response. Null: there was no response." })),
  error: Nullable(Type.String({ description: "The reason for the failure, as a sentence. Null: it is delivered." })),
  latency_ms: Type.Integer({ description: "The sum of the phases, in whole milliseconds." }),
};

const phase = (description: string) => Nullable(Type.Number({ description }));

const PhasesSchema = Type.Object(
  {
    queued: phase("Waited for a free connection, or for one that replaced a closed one."),
    dns: phase("Resolved the name."),
    connect: phase("Opened the TCP connection."),
    tls: phase("Made the TLS handshake."),
    first_byte: phase("Sent the request and waited for the head of the response."),
    body: phase("Read the body of the response."),
  },
  {
    title: "AttemptPhases",
    description:
      "Milliseconds with three decimals. They add up to the latency. Null: the phase did not begin; an attempt without a " +
      "response ended in its last phase.",
  },
);

const HeadersSchema = Type.Array(
  Type.Object({ name: Type.String(), value: Type.String() }, { title: "RequestHeader", description: "One header." }),
  { description: "In the order in which they were sent." },
);

const MaskedRequestSchema = Type.Object(
  { method: Type.Enum(["POST"]), url: Type.String(), headers: HeadersSchema },
  {
    title: "SentRequest",
    description:
      "The request without its body, which is that of the delivery. The values of the URL's query, of the endpoint's own " +
      "headers, of `authorization` and of `webhook-signature` are masked: `readAttemptRequest` reads them.",
  },
);

const ClearRequestSchema = Type.Object(
  {
    method: Type.Enum(["POST"]),
    url: Type.String(),
    headers: HeadersSchema,
    body: Type.String(),
    curl: Type.String({ description: "A command for POSIX shells that sends the same bytes." }),
  },
  { title: "UnmaskedRequest", description: "The request with its secrets." },
);

export const AttemptSchema = Type.Object(
  {
    number: Type.Integer({ description: "Counts from 1." }),
    ...attemptFields,
    phases: Nullable(PhasesSchema),
    connection: Nullable(
      Type.Enum([...connectionKinds], {
        description:
          "`none`: no connection was opened, so nothing was sent. `internal`: a request bin of this installation, reached " +
          "without a connection. `replaced`: the receiver closed its reused connection as the request was sent, so the request " +
          "was sent again at once, on a new connection.",
      }),
    ),
    address: Nullable(
      Type.String({
        description: "The IP address of the receiver. Null: there is none, or only operators may see it.",
      }),
    ),
    tls: Nullable(
      Type.Object(
        { version: Type.String(), certificate_expires_at: Nullable(Timestamp) },
        { title: "AttemptTls", description: "TLS of the connection. Null for http." },
      ),
    ),
    response_bytes: Nullable(
      Type.Integer({ description: "Bytes of the response that were read, its status line and headers included." }),
    ),
    request: Nullable(MaskedRequestSchema),
    response_headers: Nullable(Type.Record(Type.String(), Type.String())),
    response_body: Nullable(
      Type.String({
        description: "The start of the body, 64 KiB at most; 1 KiB while the receiver sends many large ones.",
      }),
    ),
  },
  {
    title: "Attempt",
    description:
      "One HTTP request of a delivery. Attempts of versions before 0.1.0 have no phases, no connection and no request.",
  },
);
export type AttemptDocument = Static<typeof AttemptSchema>;

const milliseconds = (microseconds: number | undefined): number | null =>
  microseconds === undefined ? null : microseconds / 1000;

/** Represents the measurements of an attempt. */
export const representTrace = (
  trace: AttemptTrace | undefined,
): Pick<AttemptDocument, "phases" | "connection" | "address" | "tls" | "response_bytes"> => ({
  phases: trace
    ? {
        queued: milliseconds(trace.queued),
        dns: milliseconds(trace.dns),
        connect: milliseconds(trace.connect),
        tls: milliseconds(trace.tls),
        first_byte: milliseconds(trace.firstByte),
        body: milliseconds(trace.body),
      }
    : null,
  connection: trace?.connection ?? null,
  address: trace?.address ?? null,
  tls:
    trace?.tlsVersion === undefined
      ? null
      : {
          version: trace.tlsVersion,
          certificate_expires_at:
            trace.certificateExpiresAt === undefined ? null : isoTime(trace.certificateExpiresAt * 1000),
        },
  response_bytes: trace?.answerBytes ?? null,
});

/** The measurements of the documentation's attempt. */
export const exampleTrace: RecordedTrace = {
  queued: 120,
  dns: 1450,
  connect: 9210,
  tls: 11_830,
  firstByte: 15_140,
  body: 250,
  connection: "new",
  address: "203.0.113.12",
  tlsVersion: "TLSv1.3",
  certificateExpiresAt: exampleExpiry.getTime() / 1000,
  answerBytes: 131,
  replay: 0,
};

/** Represents a request with its secrets masked. */
export function representMaskedRequest(
  content: RequestContent,
  { userAgent, format }: { readonly userAgent: string; readonly format: BodyFormat },
): AttemptDocument["request"] {
  const sent = renderSentRequest(content, userAgent);
  if (!sent) return null;
  const { method, url, headers } = maskSentRequest(sent, { ...content, format });
  return { method, url, headers: representHeaders(headers) };
}

const representHeaders = (headers: SentRequest["headers"]): Static<typeof HeadersSchema> =>
  headers.map(([name, value]) => ({ name, value }));

/** The recorded settings of past requests, by id. */
export type SettingsById = ReadonlyMap<number, SentSettings>;

/** Returns the content of an attempt's request. Undefined if a part of it is no longer stored or cannot be decrypted. */
function contentOf(delivery: DeliveryDetails, attempt: Attempt, settings: SentSettings | undefined) {
  const { eventId, endpointId, format, body, context } = delivery;
  if (!settings || settings.undecryptable !== null || !format || !body || !context || !attempt.trace) return undefined;
  return contentOfAttempt({
    settings,
    delivery: { eventId, endpointId, format, context },
    body,
    attempt: attempt.number,
    replay: attempt.trace.replay,
    sentAt: attempt.at,
  });
}

export function representAttempt(delivery: DeliveryDetails, attempt: Attempt, settings: SettingsById): AttemptDocument {
  const used = settings.get(attempt.settingsId ?? 0);
  const content = contentOf(delivery, attempt, used);
  return {
    number: attempt.number,
    at: attempt.at.toISOString(),
    status: attempt.status,
    error: attempt.error,
    latency_ms: attempt.latencyMs,
    ...representTrace(attempt.trace),
    request:
      content && used && delivery.format ? representMaskedRequest(content, { ...used, format: delivery.format }) : null,
    response_headers: attempt.responseHeaders && { ...attempt.responseHeaders },
    response_body: attempt.responseBody?.toString() ?? null,
  };
}

/** Reads the settings to which the attempts of a delivery refer. */
export const readSettingsOf = (
  { pool, encryption }: Pick<OperationNeeds, "pool" | "encryption">,
  providerId: number,
  attempts: readonly Attempt[],
): Promise<SettingsById> => {
  const ids = new Set(attempts.flatMap(({ settingsId }) => settingsId ?? []));
  return readSentSettings(pool, encryption, { providerId, ids: [...ids] });
};

/** Represents a request with its secrets. Returns undefined if it is not known, or its secrets are erased. */
export function representClearRequest(
  delivery: DeliveryDetails,
  attempt: Attempt,
  settings: SentSettings | undefined,
): Static<typeof ClearRequestSchema> | undefined {
  const content = settings?.secrets.length === 0 ? undefined : contentOf(delivery, attempt, settings);
  const sent = content && settings && renderSentRequest(content, settings.userAgent);
  return (
    sent && {
      method: sent.method,
      url: sent.url,
      headers: representHeaders(sent.headers),
      body: Buffer.from(sent.body).toString(),
      curl: renderCurl(sent),
    }
  );
}

export const attemptOperations: readonly Operation[] = [
  operation({
    id: "readAttemptRequest",
    title: "Read the request of an attempt with its secrets",
    description:
      "For those who may change endpoints. The request as it was sent, or as it would have been sent if there was no " +
      "connection. An audit record names the reader. Not found if its endpoint was deleted: its secrets are erased.",
    method: "GET",
    path: "/deliveries/{id}/attempts/{number}/request",
    action: "change-webhooks",
    params: Type.Object({
      id: Type.String({ description: "The event's id, a dot, and the endpoint's id." }),
      number: Type.Integer({ minimum: 1, maximum: 32_767, description: "The number of the attempt." }),
    }),
    responses: { 200: ClearRequestSchema },
    async handle(needs, { provider, by: { actor }, params: { id, number } }) {
      const { pool } = needs;
      const key = { providerId: provider.id, ...requireFound(parseDeliveryId(id)) };
      const delivery = requireFound(await readDelivery(pool, key));
      const attempt = requireFound(delivery.attempts.find((one) => one.number === number));
      const settings = (await readSettingsOf(needs, provider.id, [attempt])).get(attempt.settingsId ?? 0);
      const request = requireFound(representClearRequest(delivery, attempt, settings));
      // Committed before the request is shown, so no reading goes unrecorded.
      await pool.inTransaction((tx) =>
        recordAudit(tx, {
          providerId: provider.id,
          actor,
          action: "delivery.request_read",
          subject: `delivery/${id}`,
          detail: { attempt: number },
        }),
      );
      return new Reply(200, request, { "cache-control": "no-store" });
    },
  }),
];

const AttemptRowSchema = Type.Object(
  {
    id: Type.String({ description: "The delivery's id, a dot, and the attempt's number." }),
    delivery_id: Type.String(),
    number: Type.Integer({ description: "From 1 on." }),
    at: Type.String({ ...Timestamp, description: "When it was sent." }),
    outcome: Type.Enum([...outcomeClasses], {
      title: "OutcomeClass",
      description: "The class of the status, or the kind of error without a response.",
    }),
    status: Nullable(Type.Integer({ description: "The response's status. Null: there was no response." })),
    error: Nullable(Type.String({ description: "The error as a sentence. Null: the attempt counts as delivered." })),
    latency_ms: Type.Integer(),
    endpoint_id: Type.Integer(),
    endpoint_name: Type.String(),
    event_id: EventId,
    event_type: Type.String(),
    object_id: Type.Integer(),
    account_id: Type.Integer(),
    account_name: Type.String(),
    delivery_state: Type.Enum([...deliveryStates], { title: "DeliveryState" }),
  },
  { title: "ListedAttempt", description: "One HTTP request of a delivery, in a list." },
);

const toAttemptRow = representAs(AttemptRowSchema);
const representFoundAttempt = (attempt: FoundAttempt) =>
  toAttemptRow({
    ...attempt,
    id: `${deliveryId(attempt)}.${attempt.number}`,
    deliveryId: deliveryId(attempt),
    outcome: outcomeClassOf(attempt),
    deliveryState: attempt.state,
  });

const exampleAttempt: FoundAttempt = {
  eventId: "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33",
  eventType: "account.updated",
  objectId: 31,
  accountId: 31,
  accountName: "Harbour & Sons",
  sequence: 4,
  actorKind: "developer",
  actorUserId: 21,
  channel: "developer_portal",
  occurredAt: laterExampleTime,
  previous: null,
  erasedAt: null,
  endpointId: 5,
  endpointName: "crm",
  state: "delivered",
  number: 1,
  at: laterExampleTime,
  status: 200,
  error: null,
  errorClass: null,
  latencyMs: 38,
};

export const searchExamples = {
  countEvents: { answer: exampleCount },
  countDeliveries: { answer: exampleCount },
  listAttempts: { answer: { data: [representFoundAttempt(exampleAttempt)], next: null, searched_until: null } },
  countAttempts: { answer: exampleCount },
};

export const attemptListOperations: readonly Operation[] = [
  operation({
    id: "listAttempts",
    title: "List attempts, those of the newest event first",
    description:
      "`status`, `error_class` and `latency_min` are about the attempt itself. A page takes about 100 ms at most and may " +
      "have fewer rows than `limit`; `searched_until` then says how far it got, and `next` continues.",
    method: "GET",
    path: "/attempts",
    action: "read-webhooks",
    query: Type.Object({ ...pageQuery, ...deliveryFilterFields }),
    responses: { 200: searchedPageOf(AttemptRowSchema) },
    async handle({ pool, clock }, { provider, now, query: { limit = pageLimit, after, ...fields } }) {
      const search = await requireSearch(pool, { provider, fields, now });
      const page = { after: parseCursor(after, parseSearchCursor), limit };
      const found = await findPage({ db: pool, clock }, "attempts", search, page);
      return representFoundPage(found, { represent: representFoundAttempt, writeCursor: writeSearchCursor });
    },
  }),
  countOperation("attempts", { id: "countAttempts", title: "Count attempts", path: "/attempts/count" }),
];
