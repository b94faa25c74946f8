import { parseTime } from "#platform/times.ts";
import { Type, type Static } from "typebox";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import {
  countFailures,
  deleteFailures,
  deliveryId,
  listFailures,
  parseDeliveryId,
  retryFailures,
  type Failure,
  type FailureFilter,
  type FailurePage,
} from "#webhooks/deliveries/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { Problem } from "../shared/problem.ts";
import {
  EventId,
  IdOf,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  parseTimes,
  representPage,
  Timestamp,
} from "./fields.ts";
import { operation, type Operation } from "./operation.ts";

const FailureSchema = Type.Object(
  {
    id: EventId,
    delivery_id: Type.String(),
    endpoint_id: Type.Integer(),
    endpoint_name: Type.String(),
    event_type: Type.String(),
    account_id: Type.Integer(),
    account_name: Type.String(),
    attempts_made: Type.Integer(),
    failed_at: Timestamp,
    error: Type.String({ description: "What went wrong at the last attempt." }),
    url_masked: Type.String({ description: "Where the last attempt went." }),
  },
  { title: "Failure", description: "A delivery whose attempts are used up." },
);

export const representFailure = (failure: Failure): Static<typeof FailureSchema> => ({
  id: failure.eventId,
  delivery_id: deliveryId(failure),
  endpoint_id: failure.endpointId,
  endpoint_name: failure.endpointName,
  event_type: failure.eventType,
  account_id: failure.accountId,
  account_name: failure.accountName,
  attempts_made: failure.attemptsMade,
  failed_at: failure.failedAt.toISOString(),
  error: failure.error,
  url_masked: maskUrl(failure.url),
});

const writeFailureCursor = (failure: Failure): string => `${failure.failedAt.toISOString()}~${deliveryId(failure)}`;

function parseFailureCursor(text: string): FailurePage["after"] {
  const [time = "", id = ""] = text.split("~");
  const [failedAt, key] = [parseTime(time), parseDeliveryId(id)];
  return failedAt && key ? { failedAt, ...key } : undefined;
}

const filterFields = {
  endpoint_id: Type.Optional(IdOf("an endpoint")),
  until: Type.Optional(Type.String({ ...Timestamp, description: "Those that failed in this second or before." })),
  ids: Type.Optional(
    Type.Array(EventId, { maxItems: 200, description: "Ids of failures. May be given several times." }),
  ),
};
const FilterSchema = Type.Object(filterFields);

const parseFilter = ({ id: providerId }: Provider, fields: Static<typeof FilterSchema>): FailureFilter => ({
  providerId,
  endpointId: fields.endpoint_id,
  eventIds: fields.ids,
  ...parseTimes(fields, ["until"]),
});

const tag = "Failures";

export const failureOperations: readonly Operation[] = [
  operation({
    id: "listFailures",
    tag,
    title: "List the failures",
    description: "Deliveries whose attempts are used up, until somebody retries or deletes them.",
    method: "GET",
    path: "/failures",
    action: "read-failures",
    query: Type.Object({
      ...pageQuery,
      ...filterFields,
      order: Type.Optional(
        Type.Enum(["oldest", "newest"], {
          default: "oldest",
          description: "Oldest or newest failures first.",
        }),
      ),
    }),
    isCompressed: true,
    responses: { 200: pageOf(FailureSchema) },
    async handle({ pool, encryption }, { provider, query }) {
      const { limit = pageLimit, after, order } = query;
      const page = { order, after: parseCursor(after, parseFailureCursor), limit: limit + 1 };
      const failures = await listFailures(pool, encryption, parseFilter(provider, query), page);
      return representPage(failures, limit, { represent: representFailure, cursorOf: writeFailureCursor });
    },
  }),
  operation({
    id: "countFailures",
    tag,
    title: "Count the failures",
    description: "How many wait for somebody to retry or delete them.",
    method: "GET",
    path: "/failures/count",
    action: "read-failures",
    query: Type.Object({ endpoint_id: filterFields.endpoint_id }),
    responses: {
      200: Type.Object({ count: Type.Integer() }, { title: "FailureCount", description: "How many there are." }),
    },
    async handle({ pool }, { provider, query }) {
      return { count: await countFailures(pool, provider.id, query.endpoint_id) };
    },
  }),
  operation({
    id: "deleteFailures",
    tag,
    title: "Delete failures",
    description: "The history of the deliveries stays.",
    method: "DELETE",
    path: "/failures",
    action: "change-failures",
    query: Type.Object({
      ...filterFields,
      all: Type.Optional(
        Type.Boolean({ description: "Must be true when no filter is given: it means every failure." }),
      ),
    }),
    responses: { 200: Type.Object({ deleted: Type.Integer() }, { description: "How many." }) },
    async handle({ pool }, { provider, by: { actor }, query }) {
      const { all = false, endpoint_id, until, ids } = query;
      // A forgotten filter must not delete every failure.
      if (!all && [endpoint_id, until, ids].every((filter) => filter === undefined)) {
        throw new Problem("invalid", { errors: { all: ["must be true when there is no other filter"] } });
      }
      return { deleted: await deleteFailures(pool, parseFilter(provider, query), { actor }) };
    },
  }),
  operation({
    id: "retryFailures",
    tag,
    title: "Retry failures now",
    description:
      "They leave the list, and get a new round of attempts with the same ids and bytes. Without a filter, in the body or the query, it is all of them.",
    method: "POST",
    path: "/failures/retry",
    action: "change-failures",
    // In the query too, as listing and deleting take them: an ignored filter would retry every failure.
    query: FilterSchema,
    body: Type.Object(
      {
        ...filterFields,
        all: Type.Optional(
          Type.Boolean({ description: "May be said when no filter is given; every failure is meant then." }),
        ),
      },
      { title: "FailuresToRetry", additionalProperties: false },
    ),
    responses: { 200: Type.Object({ retried: Type.Integer() }, { description: "How many." }) },
    async handle({ pool }, { provider, by: { actor }, query, body }) {
      return { retried: await retryFailures(pool, parseFilter(provider, { ...query, ...body }), { actor }) };
    },
  }),
];
