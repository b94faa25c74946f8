import { Type, type Static } from "typebox";
import { EventId, IdOf, pageQuery, Timestamp } from "../page-schema.ts";

export const Failure = Type.Object(
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
export type FailureAnswer = Static<typeof Failure>;

const filters = {
  endpoint_id: Type.Optional(IdOf("an endpoint")),
  until: Type.Optional(Type.String({ ...Timestamp, description: "Those that failed in this second or before." })),
  ids: Type.Optional(
    Type.Array(EventId, { maxItems: 200, description: "Ids of failures. May be given several times." }),
  ),
};

export const FailuresToCount = Type.Object({ endpoint_id: filters.endpoint_id });
export const FailuresQuery = Type.Object({
  ...pageQuery,
  ...filters,
  order: Type.Optional(
    Type.Enum(["oldest", "newest"], { default: "oldest", description: "Those that failed first come first, or last." }),
  ),
});
export const FailuresToDelete = Type.Object({
  ...filters,
  all: Type.Optional(Type.Boolean({ description: "Must be true when no filter is given: it means every failure." })),
});
export const FailuresToRetry = Type.Object(
  {
    ...filters,
    all: Type.Optional(
      Type.Boolean({ description: "May be said when no filter is given; every failure is meant then." }),
    ),
  },
  { title: "FailuresToRetry", additionalProperties: false },
);

/** As the list and the deletion take them: else a filter that is said in the query would mean every failure. */
export const FailuresToRetryInQuery = Type.Object({ ...filters });

export const FailureCount = Type.Object(
  { count: Type.Integer() },
  { title: "FailureCount", description: "How many there are." },
);
