import { Problem } from "#http/shared/problem.ts";
import { exampleTime, laterExampleTime } from "#platform/times.ts";
import { sampleBody } from "#webhooks/events/index.ts";
import { representAuditRecord } from "../audit-records/represent-audit-record.ts";
import { representBin, representBinRequest } from "../bins/represent-bin.ts";
import { representAttempt, representDelivery, representDeliveryInFull } from "../deliveries/represent-delivery.ts";
import { notDone } from "../developers/do-each.ts";
import { representInvitation } from "../developers/represent-invitation.ts";
import { representAccountPlanRequest, representPlanRequest } from "../developers/represent-plan-request.ts";
import { representEndpoint } from "../endpoints/represent-endpoint.ts";
import { allEventTypes } from "../event-types/all-event-types.ts";
import { representEvent, representEventInFull } from "../events/represent-event.ts";
import { representFailure } from "../failures/represent-failure.ts";
import { exampleLimit } from "../limits/list-limits-route.ts";
import { representMail } from "../mails/represent-mail.ts";
import { representCounts, representRange, representReplay } from "../replays/represent-replay.ts";
import { textOf } from "../stream/stream-message.ts";
import * as things from "./example-things.ts";

/** What is sent to an operation, and what it answers; where that depends, by media type or status. */
export interface Example {
  readonly body?: unknown;
  readonly answer?: unknown;
  readonly answers?: Readonly<Record<string, unknown>>;
}

const { delivery, event, failure, origin } = things;
const endpoint = representEndpoint(things.endpoint, true);
const bin = representBin(things.bin, origin);
const pending = representDelivery(things.pendingDelivery);
const secret = { secret: "whsec_bm9ib2R5J3Mgc2VjcmV0LCBidXQgYSBsb25nIG9uZQ==" };
const replay = representReplay(things.replay);
const invitation = representInvitation(things.invitation);
const sample = { id: event.id, type: "account.created", now: exampleTime, source: origin } as const;
const jsonOf = (format: "json" | "cloudevents"): unknown => JSON.parse(sampleBody(sample, format).toString());

const refused = notDone(42, new Problem("invalid", { errors: { state: ['cannot transition via "suspend"'] } }));
const done = { id: 41, done: true };
const gone = notDone(42, new Problem("not-found"));

const page = (it: unknown): object => ({ data: [it], next: null });
const filter = { endpoint_id: things.endpoint.id, until: laterExampleTime.toISOString() };

/** By the operation's id; what neither takes nor gives anything is not here. */
export const exampleOf: Readonly<Record<string, Example>> = {
  listEndpoints: { answer: page(endpoint) },
  createEndpoint: {
    body: {
      name: "crm",
      url: things.endpoint.url,
      format: "json",
      event_types: ["account.created", "account.updated"],
    },
    answer: endpoint,
  },
  readEndpoint: { answer: endpoint },
  changeEndpoint: { body: { max_per_second: 50 }, answer: endpoint },
  readEndpointUrl: { answer: { url: things.endpoint.url } },
  readEndpointSecret: { answer: secret },
  rotateEndpointSecret: { answer: secret },
  pingEndpoint: { body: { event_type: "account.created" }, answer: representAttempt(things.attempt) },
  listLimits: { answer: { data: [exampleLimit] } },
  listEventTypes: { answer: allEventTypes() },
  readEventTypeSample: {
    answers: {
      "application/xml": sampleBody(sample, "3scale").toString(),
      "application/json": jsonOf("json"),
      "application/cloudevents+json": jsonOf("cloudevents"),
    },
  },
  listEvents: { answer: page(representEvent(event)) },
  readEvent: { answer: representEventInFull(event) },
  sendEvent: { body: { endpoint_id: things.endpoint.id }, answer: pending },
  listDeliveries: { answer: page(representDelivery(delivery)) },
  readDelivery: { answer: representDeliveryInFull(things.deliveryInFull) },
  retryDelivery: { answer: pending },
  skipDelivery: { answer: pending },
  cancelDelivery: { answer: { ...pending, state: "cancelled", next_attempt_at: null, ended_at: filter.until } },
  listFailures: { answer: page(representFailure(failure)) },
  countFailures: { answer: { count: 1 } },
  deleteFailures: { answer: { deleted: 1 } },
  retryFailures: { body: filter, answer: { retried: 1 } },
  createReplay: {
    body: { endpoint_id: things.endpoint.id, since: exampleTime.toISOString(), only: "missing", dry_run: false },
    answers: { 200: { dry_run: true, ...representRange(things.replay), counts: representCounts(things.replay) } },
    answer: replay,
  },
  listReplays: { answer: page(replay) },
  readReplay: { answer: replay },
  cancelReplay: { answer: { ...replay, state: "cancelled" } },
  listBins: { answer: page(bin) },
  createBin: { body: {}, answer: bin },
  readBin: { answer: bin },
  changeBin: { body: { answer_status: 503 }, answer: { ...bin, answer_status: 503 } },
  listBinRequests: { answer: page(representBinRequest(things.binRequest, "missing")) },
  listInvitations: { answer: { data: [invitation] } },
  inviteUser: { body: { email: things.invitation.email }, answer: invitation },
  listAccountPlanRequests: { answer: { data: [representAccountPlanRequest(things.planRequest)] } },
  listPlanRequests: { answer: { data: [representPlanRequest(things.planRequest)] } },
  rejectApplication: { body: { reason: "We do not serve ferries." } },
  regenerateApplicationKey: { body: { key: "3b1f7c52a9e04d1f8c6b2a7d5e9f0a13" } },
  changeManyAccounts: { body: { ids: [41, 42], operation: "suspend" }, answer: { data: [done, refused] } },
  changeManyApplications: {
    body: { ids: [41, 42], operation: "change_plan", plan_id: 11 },
    answer: { data: [done, gone] },
  },
  listMails: { answer: page(representMail(things.mail)) },
  listAuditRecords: { answer: page(representAuditRecord(things.auditRecord)) },
  openStream: { answer: textOf({ event: "event", data: representEvent(event) }, String) },
};
