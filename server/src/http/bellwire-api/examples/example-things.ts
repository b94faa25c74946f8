import type { KeptAuditRecord } from "#access/index.ts";
import { exampleError } from "#http/shared/describe-webhooks.ts";
import { record, value } from "#platform/document.ts";
import { exampleExpiry, exampleTime, laterExampleTime } from "#platform/times.ts";
import type { PlanRequest } from "#portal/applications/index.ts";
import type { Mail } from "#portal/mails/index.ts";
import type { Invitation } from "#portal/users/index.ts";
import type { Bin, BinRequest } from "#request-bin/index.ts";
import type { Attempt, Delivery, DeliveryDetails, Failure } from "#webhooks/deliveries/index.ts";
import type { Endpoint } from "#webhooks/endpoints/index.ts";
import { type EventDetails, sampleBody } from "#webhooks/events/index.ts";
import type { Replay } from "#webhooks/replays/index.ts";

/** What the documentation tells of. It was never stored; what it looks like, the representers say. */

export const origin = "https://acme-admin.example.com";
const eventId = "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33";

export const endpoint: Endpoint = {
  providerId: 2,
  id: 5,
  name: "crm",
  url: "https://crm.example.com/hooks?team=sales",
  urlMasked: "https://crm.example.com/hooks?team=…",
  description: "Keeps the contacts of the sales team",
  active: true,
  eventTypes: ["account.created", "account.updated"],
  providerActions: true,
  allActors: false,
  format: "json",
  headers: {},
  retryWaitsSeconds: [5, 300, 1800, 7200],
  success: "2xx",
  timeoutSeconds: 15,
  maxInFlight: null,
  maxPerSecond: 50,
  ordering: "account",
  includeCredentials: false,
  state: "enabled",
  secrets: [],
  previousSecretUntil: null,
  disabledReason: null,
  undecryptable: null,
  heldUntil: null,
  version: 1,
  createdAt: exampleTime,
  updatedAt: laterExampleTime,
};

const about = { objectId: 31, accountId: 31, accountName: "Harbour & Sons", occurredAt: laterExampleTime };

export const event: EventDetails = {
  ...about,
  id: eventId,
  type: "account.updated",
  sequence: 4,
  actorKind: "developer",
  actorUserId: 21,
  channel: "developer_portal",
  previous: { org_name: "Harbour" },
  document: record("account", [value("id", 31), value("state", "approved"), value("org_name", "Harbour & Sons")]),
  key: null,
  rendererVersion: 1,
  verdicts: [
    { endpointId: 1, endpointName: "default", sent: false, gate: "switch_off" },
    { endpointId: endpoint.id, endpointName: endpoint.name, sent: true, gate: null },
  ],
};

export const attempt: Attempt = {
  number: 1,
  at: laterExampleTime,
  status: 200,
  error: null,
  latencyMs: 38,
  responseHeaders: { "content-type": "text/plain" },
  responseBody: Buffer.from("thanks"),
};

export const delivery: Delivery = {
  ...about,
  eventId,
  endpointId: endpoint.id,
  endpointName: endpoint.name,
  eventType: event.type,
  state: "delivered",
  attemptsMade: 1,
  replay: 0,
  nextAttemptAt: null,
  endedAt: laterExampleTime,
  lastAttemptAt: attempt.at,
  lastStatus: attempt.status,
  lastError: attempt.error,
  lastLatencyMs: attempt.latencyMs,
};

/** The same before it was sent. */
export const pendingDelivery: Delivery = {
  ...delivery,
  state: "pending",
  attemptsMade: 0,
  nextAttemptAt: laterExampleTime,
  endedAt: null,
  lastAttemptAt: null,
  lastStatus: null,
  lastError: null,
  lastLatencyMs: null,
};

export const deliveryInFull: DeliveryDetails = {
  ...delivery,
  attempts: [attempt],
  waitsForEventId: null,
  holdsUp: 0,
  format: "json",
  body: sampleBody({ id: eventId, type: event.type, now: laterExampleTime, source: origin }, "json"),
};

export const failure: Failure = {
  ...about,
  eventId,
  endpointId: endpoint.id,
  endpointName: endpoint.name,
  eventType: event.type,
  attemptsMade: 5,
  failedAt: laterExampleTime,
  error: exampleError,
  url: endpoint.url,
  body: Buffer.alloc(0),
};

export const bin: Bin = {
  providerId: 2,
  id: "csasfqtlnvt3ligbjsila3pwyw",
  viewKey: "4cvqzv5c7rnkt2yqvxw3h6m2ea",
  answerStatus: 200,
  answerDelayMs: 0,
  requestsCaught: 1,
  createdAt: exampleTime,
};

export const binRequest: BinRequest = {
  number: 1,
  receivedAt: laterExampleTime,
  method: "POST",
  path: `/bins/${bin.id}`,
  query: "",
  headers: [
    ["content-type", "text/plain"],
    ["user-agent", "curl/8.7.1"],
  ],
  body: Buffer.from("hello"),
  bodyBytes: 5,
};

export const invitation: Invitation = {
  id: 81,
  accountId: 31,
  email: "olaf@harbour.example",
  sentAt: laterExampleTime,
  expiresAt: exampleExpiry,
  acceptedAt: null,
  createdAt: exampleTime,
};

export const auditRecord: KeptAuditRecord = {
  id: 12,
  at: exampleTime,
  actorKind: "admin",
  actorId: 1,
  actorName: "admin",
  action: "endpoint.changed",
  subject: `endpoint/${endpoint.id}`,
  detail: { changed: ["url"] },
};

export const mail: Mail = {
  id: 91,
  recipient: "mira@harbour.example",
  subject: "Your application was rejected",
  text: "Your application Ferry times was rejected.",
  createdAt: exampleTime,
  sentAt: laterExampleTime,
  attemptsMade: 1,
  lastError: null,
};

export const replay: Replay = {
  providerId: 2,
  id: 95,
  endpointId: endpoint.id,
  since: exampleTime,
  until: laterExampleTime,
  eventTypes: null,
  only: "missing",
  failed: 0,
  missing: 12,
  delivered: 0,
  givenUp: 0,
  state: "done",
  lastEvent: eventId,
  createdAt: laterExampleTime,
  finishedAt: laterExampleTime,
};

export const planRequest: PlanRequest = {
  applicationId: 41,
  applicationName: "Ferry times",
  accountId: 31,
  orgName: "Harbour & Sons",
  planId: 12,
  planName: "Pro",
  askedBy: "mira",
  createdAt: laterExampleTime,
};
