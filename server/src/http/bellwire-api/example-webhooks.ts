import { record, value } from "#platform/document.ts";
import { exampleTime, laterExampleTime } from "#platform/times.ts";
import {
  contextOf,
  type Attempt,
  type Delivery,
  type DeliveryDetails,
  type Failure,
} from "#webhooks/deliveries/index.ts";
import { exampleSettings, type Endpoint, type SentSettings } from "#webhooks/endpoints/index.ts";
import { sampleBody, type EventDetails } from "#webhooks/events/index.ts";
import { exampleError } from "../shared/describe-webhooks.ts";
import { exampleTrace, representAttempt, representClearRequest } from "./attempts.ts";
import { representDeliveryDetails } from "./deliveries.ts";

// An endpoint of the documentation, with an event, its delivery and its failure.

export const origin = "https://acme-admin.example.com";
export const eventId = "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33";
export const exampleSecret = "whsec_bm9ib2R5J3Mgc2VjcmV0LCBidXQgYSBsb25nIG9uZQ==";

export const endpoint: Endpoint = {
  providerId: 2,
  id: 5,
  ...exampleSettings(),
  urlMasked: "https://crm.example.com/hooks?team=…",
  secrets: [],
  previousSecretUntil: null,
  disabledReason: null,
  undecryptable: null,
  heldUntil: null,
  isHeldAfterRestore: false,
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
  erasedAt: null,
  rendererVersion: 1,
  verdicts: [
    { endpointId: 1, endpointName: "default", sent: false, gate: "switch_off" },
    { endpointId: endpoint.id, endpointName: endpoint.name, sent: true, gate: null },
  ],
};

const attempt: Attempt = {
  number: 1,
  at: laterExampleTime,
  status: 200,
  error: null,
  latencyMs: 38,
  responseHeaders: { "content-type": "text/plain" },
  responseBody: Buffer.from("thanks"),
  settingsId: 88,
  trace: exampleTrace,
};

const sentSettings: SentSettings = {
  id: 88,
  url: endpoint.url,
  headers: endpoint.headers,
  secrets: [exampleSecret],
  eventSource: origin,
  userAgent: "Bellwire/0.1.0",
  undecryptable: null,
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

const deliveryDetails: DeliveryDetails = {
  ...delivery,
  attempts: [attempt],
  waitsForEventId: null,
  holdsUp: 0,
  format: "json",
  context: contextOf(event),
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

const settingsById = new Map([[sentSettings.id, sentSettings]]);
export const attemptDocument = representAttempt(deliveryDetails, attempt, settingsById);
export const clearRequest = representClearRequest(deliveryDetails, attempt, sentSettings);
export const deliveryDocument = representDeliveryDetails(deliveryDetails, settingsById);
