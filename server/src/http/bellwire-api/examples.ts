import type { StoredAuditRecord } from "#access/index.ts";
import { daysAfter, exampleExpiry, exampleTime, laterExampleTime } from "#platform/times.ts";
import type { Erasure } from "#personal-data/index.ts";
import type { ApplicationPlanRequest } from "#portal/accounts/index.ts";
import type { PendingSubscription } from "#portal/applications/index.ts";
import type { ListedSpecification } from "#portal/products/index.ts";
import type { Invitation } from "#portal/users/index.ts";
import type { Bin, BinRequest } from "#request-bin/index.ts";
import type { FailureGroup } from "#webhooks/deliveries/index.ts";
import { sampleBody } from "#webhooks/events/index.ts";
import { describeHealth, type EndpointHealth } from "#webhooks/statistics/index.ts";
import type { Job } from "#webhooks/jobs/index.ts";
import type { Replay } from "#webhooks/replays/index.ts";
import { Problem } from "../shared/problem.ts";
import { searchExamples } from "./attempts.ts";
import { exampleResult, exampleView } from "./searches.ts";
import { representBinRequest, representDiff } from "./bin-requests.ts";
import { representBin, representShare } from "./bins.ts";
import { representRefusal } from "./bulk.ts";
import { representDelivery } from "./deliveries.ts";
import {
  representAccountPlanRequest,
  representInvitation,
  representPendingSubscription,
  representApiSpecification,
  representPlanFeature,
  representPlanRequest,
} from "./developers.ts";
import { representEndpoint } from "./endpoints.ts";
import { representEvent, representEventDetails, representEventTypes } from "./events.ts";
import {
  attemptDocument,
  clearRequest,
  delivery,
  deliveryDocument,
  endpoint,
  event,
  eventId,
  exampleSecret,
  failure,
  insightExamples,
  origin,
  pendingDelivery,
} from "./example-webhooks.ts";
import { representDeletion, representFailure, representFailureGroup } from "./failures.ts";
import { representJob, representJobPreview } from "./jobs.ts";
import { exampleListedMessage, exampleMessage } from "./messages.ts";
import { representHealth } from "./stats.ts";
import { exampleLimit, exampleMail, exampleNotice, exampleSession, representAuditRecord } from "./records.ts";
import { representErasure } from "./personal-data.ts";
import { representReplay, representReplayPreview } from "./replays.ts";
import { renderMessage } from "./stream.ts";

// Objects of the documentation. They are represented by the same functions as stored ones.

const failureGroup: FailureGroup = {
  id: "5f0c1d7a9be24c3388d1a6e0",
  endpointId: endpoint.id,
  endpointName: endpoint.name,
  isEndpointDeleted: false,
  errorClass: "5xx",
  status: 503,
  message: "Answered <n>",
  count: 31,
  firstFailedAt: exampleTime,
  lastFailedAt: laterExampleTime,
  newest: { deliveryId: `${eventId}.${endpoint.id}`, error: "Answered 503" },
  mute: null,
};

const forwardUrl = "https://staging.example.com/hooks";
const bin: Bin = {
  providerId: 2,
  id: "csasfqtlnvt3ligbjsila3pwyw",
  viewKey: "4cvqzv5c7rnkt2yqvxw3h6m2ea",
  name: "Billing tests",
  answerStatus: 200,
  answerDelayMs: 0,
  answerRules: [
    {
      event_type: "account.*",
      answers: [{ status: 503, headers: { "retry-after": "5" } }, { status: 503 }, { status: 200, delay_ms: 250 }],
    },
  ],
  forwardUrl,
  requestsCaught: 1,
  createdAt: exampleTime,
};

const forwarded = { at: laterExampleTime.toISOString(), url: forwardUrl, status: 204, error: null };
const binRequest: BinRequest = {
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
  answerStatus: 200,
  answerDelayMs: 0,
  answerRule: null,
  forwardResult: { ...forwarded, latencyMs: 31, body: "" },
  isForwarding: false,
};

const unsigned = { verdict: "missing", reason: "headers-missing", sentence: "Not signed.", endpointId: null } as const;
const binRequestDocument = representBinRequest(binRequest, unsigned, { maySeeSecrets: true });
const share = representShare({ id: 7, createdAt: exampleTime, expiresAt: exampleExpiry });

const invitation: Invitation = {
  id: 81,
  accountId: 31,
  email: "olaf@harbour.example",
  sentAt: laterExampleTime,
  expiresAt: exampleExpiry,
  acceptedAt: null,
  createdAt: exampleTime,
};

const auditRecord: StoredAuditRecord = {
  id: 12,
  at: exampleTime,
  actorKind: "admin",
  actorId: 1,
  actorName: "admin",
  action: "endpoint.changed",
  subject: `endpoint/${endpoint.id}`,
  detail: { changed: ["url"] },
};

const replay: Replay = {
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

const health: EndpointHealth = {
  endpointId: endpoint.id,
  endpointName: endpoint.name,
  state: "degraded",
  sinceMs: exampleTime.getTime(),
  attempts: 1210,
  successRate: 0.91,
  latencyP50: 38,
  latencyP95: 210,
  latencyP99: 1530,
  waiting: 112,
  oldestWaitingSeconds: 95.2,
  inFlight: 4,
  window: 16,
  breaker: "closed",
  hold: null,
  holdUntil: null,
  ...describeHealth({ kind: "failing-partly", failed: 109, attempts: 1210, mostly: "5xx", success: "2xx" }),
  sparkline: [{ atMs: laterExampleTime.getTime(), delivered: 96, failed: 9 }],
};

const nameOf = (): string => "mira";

const job: Job = {
  providerId: 2,
  id: 97,
  kind: "retry",
  subject: "failures",
  selection: { filter: { endpoint_id: [endpoint.id] } },
  endpointId: null,
  format: null,
  state: "running",
  total: 12431,
  done: 4500,
  skipped: 12,
  failed: 0,
  error: null,
  bytes: 0,
  actorKind: "admin",
  actorUserId: 1,
  actorName: "admin",
  createdAt: laterExampleTime,
  finishedAt: null,
  undoneAt: null,
};

const erasure: Erasure = {
  providerId: 2,
  id: 51,
  accountId: 31,
  userId: null,
  pending: "cancel",
  state: "done",
  events: 42,
  error: null,
  actorKind: "admin",
  actorUserId: 3,
  createdAt: exampleTime,
  sendUntil: null,
  finishedAt: laterExampleTime,
};

const exportJob: Job = {
  ...job,
  kind: "export",
  subject: "deliveries",
  format: "csv",
  state: "done",
  done: 12431,
  skipped: 0,
  bytes: 2_700_000,
  finishedAt: laterExampleTime,
};

const pendingSubscription: PendingSubscription = {
  subscriptionId: 61,
  accountId: 31,
  orgName: "Harbour & Sons",
  productId: 7,
  productName: "Ferries",
  planId: 10,
  planName: "Partner",
  requestedPlanId: 11,
  requestedPlanName: "Reseller",
  requestedBy: "mira",
  createdAt: exampleTime,
};

const specification: ListedSpecification = {
  id: 91,
  productId: 7,
  name: "Tides",
  systemName: "tides",
  description: "Tides and ferries",
  published: true,
  skipSwaggerValidations: false,
  version: "3.0",
  createdAt: exampleTime,
  updatedAt: exampleTime,
};

const planRequest: ApplicationPlanRequest = {
  applicationId: 41,
  applicationName: "Ferry times",
  accountId: 31,
  orgName: "Harbour & Sons",
  planId: 12,
  planName: "Pro",
  requestedBy: "mira",
  createdAt: laterExampleTime,
};

/** An example request and its answer. `answers` holds those of single media types or statuses. */
interface Example {
  readonly body?: unknown;
  readonly answer?: unknown;
  readonly answers?: Readonly<Record<string, unknown>>;
}

const endpointDocument = representEndpoint(endpoint, { mayChange: true });
const binDocument = representBin(bin, { origin, mayChange: true });
const pending = representDelivery(pendingDelivery);
const secret = { secret: exampleSecret };
const jobDocument = representJob(job);
const replayDocument = representReplay(replay);
const invitationDocument = representInvitation(invitation);
const sample = { id: event.id, type: "account.created", now: exampleTime, source: origin } as const;
const jsonOf = (format: "json" | "cloudevents"): unknown => JSON.parse(sampleBody(sample, format).toString());

const refused = representRefusal(
  42,
  new Problem("invalid", { errors: { state: ['cannot transition via "suspend"'] } }),
);
const done = { id: 41, done: true };
const notFound = representRefusal(42, new Problem("not-found"));

const page = (item: unknown): object => ({ data: [item], next: null });
const filter = { endpoint_id: endpoint.id, until: laterExampleTime.toISOString() };

/** By operation id. Operations without a body and an answer have none. */
export const examples: Readonly<Record<string, Example>> = {
  listEndpoints: { answer: page(endpointDocument) },
  createEndpoint: {
    body: {
      name: "crm",
      url: endpoint.url,
      format: "json",
      event_types: ["account.created", "account.updated"],
    },
    answer: endpointDocument,
  },
  readEndpoint: { answer: endpointDocument },
  changeEndpoint: { body: { max_per_second: 50 }, answer: endpointDocument },
  undoDeleteEndpoint: { answer: endpointDocument },
  readEndpointUrl: { answer: { url: endpoint.url } },
  readEndpointSecret: { answer: secret },
  rotateEndpointSecret: { answer: secret },
  pingEndpoint: { body: { event_type: "account.created" }, answer: attemptDocument },
  listLimits: { answer: { data: [exampleLimit] } },
  listNotices: { answer: { data: [exampleNotice] } },
  listEventTypes: { answer: representEventTypes() },
  readEventTypeSample: {
    answers: {
      "application/xml": sampleBody(sample, "3scale").toString(),
      "application/json": jsonOf("json"),
      "application/cloudevents+json": jsonOf("cloudevents"),
    },
  },
  listEvents: { answer: { ...page(representEvent(event, nameOf)), searched_until: null } },
  ...searchExamples,
  readEvent: { answer: representEventDetails(event, nameOf) },
  sendEvent: { body: { endpoint_id: endpoint.id }, answer: pending },
  listDeliveries: { answer: { ...page(representDelivery(delivery)), searched_until: null } },
  readDelivery: { answer: deliveryDocument },
  readAttemptRequest: { answer: clearRequest },
  retryDelivery: { answer: pending },
  skipDelivery: { answer: pending },
  undoSkipDelivery: { answer: pending },
  cancelDelivery: { answer: { ...pending, state: "cancelled", next_attempt_at: null, ended_at: filter.until } },
  listFailures: { answer: { ...page(representFailure(failure)), searched_until: null } },
  countFailures: { answer: { count: 31, muted: 0, has_more: false } },
  deleteFailures: { answer: representDeletion(1, { id: 96, undoUntil: laterExampleTime }) },
  undoDeletedFailures: { answer: { restored: 1 } },
  listFailureGroups: { answer: { data: [representFailureGroup(failureGroup)] } },
  muteFailureGroup: { body: { until: exampleExpiry.toISOString() }, answer: { until: exampleExpiry.toISOString() } },
  retryFailures: { body: filter, answer: { retried: 1 } },
  readStatistics: {
    answer: {
      interval: "hour",
      since: exampleTime.toISOString(),
      until: daysAfter(exampleTime, 1 / 24).toISOString(),
      series: [
        {
          group: { endpoint_id: endpoint.id },
          total: { attempts: 1210, success_rate: 0.91, latency_p95: 210 },
          points: [{ at: exampleTime.toISOString(), attempts: 1210, success_rate: 0.91, latency_p95: 210 }],
        },
      ],
    },
  },
  listEndpointHealth: { answer: { data: [representHealth(health)] } },
  readEndpointHealth: { answer: representHealth(health) },
  createReplay: {
    body: { endpoint_id: endpoint.id, since: exampleTime.toISOString(), only: "missing", dry_run: false },
    answers: { 200: representReplayPreview(replay, replay) },
    answer: replayDocument,
  },
  listReplays: { answer: page(replayDocument) },
  readReplay: { answer: replayDocument },
  cancelReplay: { answer: { ...replayDocument, state: "cancelled" } },
  createJob: {
    body: { kind: "retry", of: "failures", filter: { endpoint_id: [endpoint.id] }, dry_run: false },
    answers: { 200: representJobPreview(job) },
    answer: jobDocument,
  },
  listJobs: { answer: page(representJob(exportJob)) },
  readJob: { answer: jobDocument },
  cancelJob: { answer: { ...jobDocument, state: "cancelled", finished_at: filter.until } },
  readJobResult: {
    answers: {
      "text/csv": `id,state\r\n${eventId}.${endpoint.id},delivered\r\n`,
      "application/x-ndjson": `${JSON.stringify({ id: `${eventId}.${endpoint.id}`, state: "delivered" })}\n`,
    },
  },
  ...insightExamples(),
  listBins: { answer: page(binDocument) },
  createBin: { body: {}, answer: binDocument },
  readBin: { answer: binDocument },
  changeBin: { body: { answer_status: 503 }, answer: { ...binDocument, answer_status: 503 } },
  listBinShares: { answer: { data: [share] } },
  createBinShare: {
    body: { hours: 24 },
    answer: { ...share, url: `${origin}/bins/${bin.id}/view?share=3wqv5x7kd2nfh6t4m7zcgy5eba` },
  },
  listBinRequests: { answer: page(binRequestDocument) },
  readBinRequest: { answer: binRequestDocument },
  compareBinRequests: {
    answer: representDiff({
      head: [{ change: "added", text: "x-tenant: acme" }],
      body: [{ change: "same", text: "hello" }],
      isSameBody: true,
      isTooDifferent: false,
    }),
  },
  forwardBinRequest: { body: { url: forwardUrl }, answer: binRequestDocument.forward },
  listInvitations: { answer: { data: [invitationDocument] } },
  inviteUser: { body: { email: invitation.email }, answer: invitationDocument },
  listAccountPlanRequests: { answer: { data: [representAccountPlanRequest(planRequest)] } },
  listPendingSubscriptions: { answer: { data: [representPendingSubscription(pendingSubscription)] } },
  listPlanFeatures: {
    answer: { data: [representPlanFeature({ planId: 11, featureId: 81 })] },
  },
  listApiSpecifications: { answer: { data: [representApiSpecification(specification)] } },
  listPlanRequests: { answer: { data: [representPlanRequest(planRequest)] } },
  rejectApplication: { body: { reason: "We do not serve ferries." } },
  regenerateApplicationKey: { body: { key: "3b1f7c52a9e04d1f8c6b2a7d5e9f0a13" } },
  listMatchingAccounts: { answer: { data: [{ id: 41, name: "Quay Books" }] } },
  listMatchingApplications: { answer: { data: [{ id: 41, name: "Timetable", org_name: "Quay Books" }] } },
  changeManyAccounts: { body: { ids: [41, 42], operation: "suspend" }, answer: { data: [done, refused] } },
  changeManyApplications: {
    body: { ids: [41, 42], operation: "change_plan", plan_id: 11 },
    answer: { data: [done, notFound] },
  },
  search: { answer: { data: [exampleResult] } },
  listSessions: { answer: { data: [exampleSession] } },
  endOtherSessions: { answer: { ended: 2 } },
  listViews: { answer: { data: [exampleView] } },
  createView: {
    body: { list: exampleView.list, name: exampleView.name, filter: exampleView.filter },
    answer: exampleView,
  },
  changeView: { body: { name: exampleView.name }, answer: exampleView },
  listMessages: { answer: page(exampleListedMessage) },
  listAccountMessages: { answer: page(exampleListedMessage) },
  readMessage: { answer: exampleMessage },
  listMails: { answer: { ...page(exampleMail), searched_until: null } },
  listAuditRecords: { answer: { ...page(representAuditRecord(auditRecord)), searched_until: null } },
  exportAuditRecords: {
    answers: {
      "text/csv": `id,at,actor_kind,actor_user_id,actor_username,action,subject,detail\r\n`,
      "application/x-ndjson": `${JSON.stringify(representAuditRecord(auditRecord))}\n`,
    },
  },
  createErasure: { body: { account_id: erasure.accountId, pending: "cancel" }, answer: representErasure(erasure) },
  listErasures: { answer: page(representErasure(erasure)) },
  readErasure: { answer: representErasure(erasure) },
  exportAccount: { answers: { "application/json": { account_id: erasure.accountId, user_id: null, history: [] } } },
  exportUser: { answers: { "application/json": { account_id: erasure.accountId, user_id: 21, history: [] } } },
  openStream: { answer: renderMessage({ event: "event", data: representEvent(event, nameOf) }, String) },
};
