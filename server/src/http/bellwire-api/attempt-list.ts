import { Type, type Static } from "typebox";
import { laterExampleTime } from "#platform/times.ts";
import { deliveryId, outcomeClassOf, outcomeClasses } from "#webhooks/deliveries/index.ts";
import {
  deliveryFilterFields,
  deliveryStates,
  findPage,
  parseSearchCursor,
  type FoundAttempt,
} from "#webhooks/search/index.ts";
import { EventId, Nullable, pageLimit, pageQuery, parseCursor, Timestamp } from "./fields.ts";
import { operation, type Operation } from "./operation.ts";
import { countOperation, exampleCount, representFoundPage, requireSearch, searchedPageOf } from "./searches.ts";

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
    error: Nullable(Type.String({ description: "What went wrong, as a sentence. Null: it counts as delivered." })),
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

const representFoundAttempt = (attempt: FoundAttempt): Static<typeof AttemptRowSchema> => ({
  id: `${deliveryId(attempt)}.${attempt.number}`,
  delivery_id: deliveryId(attempt),
  number: attempt.number,
  at: attempt.at.toISOString(),
  outcome: outcomeClassOf(attempt),
  status: attempt.status,
  error: attempt.error,
  latency_ms: attempt.latencyMs,
  endpoint_id: attempt.endpointId,
  endpoint_name: attempt.endpointName,
  event_id: attempt.eventId,
  event_type: attempt.eventType,
  object_id: attempt.objectId,
  account_id: attempt.accountId,
  account_name: attempt.accountName,
  delivery_state: attempt.state,
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
  attemptsMade: 1,
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

const tag = "Deliveries";

export const attemptListOperations: readonly Operation[] = [
  operation({
    id: "listAttempts",
    tag,
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
      return representFoundPage(await findPage({ db: pool, clock }, "attempts", search, page), representFoundAttempt);
    },
  }),
  countOperation("attempts", { id: "countAttempts", tag, title: "Count attempts", path: "/attempts/count" }),
];
