import { record, value } from "#platform/document.ts";
import { exampleExpiry, exampleTime, laterExampleTime } from "#platform/times.ts";
import {
  type Attempt,
  contextOf,
  type Delivery,
  type DeliveryDetails,
  type Failure,
} from "#webhooks/deliveries/index.ts";
import { type Endpoint, exampleSettings, type SentSettings } from "#webhooks/endpoints/index.ts";
import { type EventDetails, sampleBody } from "#webhooks/events/index.ts";
import type { Alert, AlertRule } from "#alerts/index.ts";
import type { HistoryEntryDetails } from "#portal/history/index.ts";
import { exampleError } from "../shared/open-api.ts";
import { exampleTrace, representAttempt, representClearRequest } from "./attempts.ts";
import { representDeliveryDetails } from "./deliveries.ts";
import { representAlert, representAlertRule } from "./alerts.ts";
import { representHistoryEntry, representHistoryEntryDetails, representVersion } from "./history.ts";

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
  format: "json",
  body: Buffer.alloc(0),
};

const settingsById = new Map([[sentSettings.id, sentSettings]]);
export const attemptDocument = representAttempt(deliveryDetails, attempt, settingsById);
export const clearRequest = representClearRequest(deliveryDetails, attempt, sentSettings);
export const deliveryDocument = representDeliveryDetails(deliveryDetails, settingsById);

/** An example request and its answer. */
interface Example {
  readonly body?: unknown;
  readonly answer?: unknown;
}

const versionBefore = { id: 31, state: "approved", org_name: "Harbour" };
const version = { ...versionBefore, org_name: "Harbour & Sons" };

/** An entry of the account's history about the event. */
const historyEntry: HistoryEntryDetails = {
  event,
  objectName: "Harbour & Sons",
  actorName: "mira",
  comparedWith: "019ca37a-2c80-7a61-8f02-6d1b2c3d4e5f",
  changes: [
    {
      field: "org_name",
      label: "Organization/Group Name",
      kind: "changed",
      before: "Harbour",
      after: "Harbour & Sons",
      isMasked: false,
      isDirect: true,
    },
  ],
  key: null,
  notifications: [
    {
      eventId: event.id,
      endpointId: endpoint.id,
      endpointName: endpoint.name,
      state: "delivered",
      gate: null,
      total: 2,
    },
    { eventId: event.id, endpointId: 1, endpointName: "default", state: "withheld", gate: "switch_off", total: 2 },
  ],
  before: versionBefore,
  after: version,
};

const alert: Omit<Alert, "endpointId" | "endpointName"> = {
  id: 97,
  kind: "success_rate",
  state: "open",
  value: 0.43,
  threshold: 0.5,
  sentence: "43 % of the attempts in the last 15 minutes succeeded. The limit is 50 %.",
  openedAt: laterExampleTime,
  closedAt: null,
  isMuted: false,
  mutedUntil: null,
  mutedBy: null,
};

const alertRule: AlertRule = {
  providerId: 2,
  id: 96,
  endpointId: null,
  kind: "success_rate",
  threshold: 0.5,
  clearThreshold: 0.9,
  forSeconds: 600,
  clearForSeconds: 600,
  minAttempts: 20,
  isEnabled: true,
  byMail: true,
  createdAt: exampleTime,
  updatedAt: exampleTime,
};

/** Returns the examples of histories and alerts, by operation id. */
export function insightExamples(): Readonly<Record<string, Example>> {
  const own = { ...alert, endpointId: endpoint.id, endpointName: endpoint.name };
  const history = { data: [representHistoryEntry(historyEntry)], next: null };
  const entryDocument = representHistoryEntryDetails(historyEntry);
  const versionDocument = representVersion(laterExampleTime, {
    state: "existed",
    version,
    event,
    fields: [{ field: "org_name", label: "Organization/Group Name", value: "Harbour & Sons", isMasked: false }],
  });
  return {
    listAlerts: { answer: { data: [representAlert(own)], next: null } },
    readAlert: { answer: representAlert(own) },
    muteAlert: {
      body: { until: exampleExpiry.toISOString() },
      answer: representAlert({ ...own, isMuted: true, mutedUntil: exampleExpiry, mutedBy: "mira" }),
    },
    unmuteAlert: { answer: representAlert(own) },
    listAlertRules: { answer: { data: [representAlertRule(alertRule)] } },
    createAlertRule: {
      body: { kind: "success_rate", endpoint_id: endpoint.id, threshold: 0.8, clear_threshold: 0.95, for_seconds: 300 },
      answer: representAlertRule({
        ...alertRule,
        endpointId: endpoint.id,
        threshold: 0.8,
        clearThreshold: 0.95,
        forSeconds: 300,
      }),
    },
    readAlertRule: { answer: representAlertRule(alertRule) },
    changeAlertRule: { body: { threshold: 0.6 }, answer: representAlertRule({ ...alertRule, threshold: 0.6 }) },
    listAccountHistory: { answer: history },
    readAccountHistoryEntry: { answer: entryDocument },
    readAccountVersion: { answer: versionDocument },
    listUserHistory: { answer: history },
    readUserHistoryEntry: { answer: entryDocument },
    readUserVersion: { answer: versionDocument },
    listApplicationHistory: { answer: history },
    readApplicationHistoryEntry: { answer: entryDocument },
    readApplicationVersion: { answer: versionDocument },
  };
}
