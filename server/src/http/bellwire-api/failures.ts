import { parseTime } from "#platform/times.ts";
import { type Static, Type } from "typebox";
import { changeWithAudit, recordAudit } from "#access/index.ts";
import { maskEndpointUrl } from "#webhooks/endpoints/index.ts";
import {
  countFailures,
  countFailuresByError,
  countMutedFailures,
  deleteFailuresForUndo,
  deliveryId,
  findFailures,
  type Failure,
  type FailureCause,
  failureClasses,
  type FailureDeletion,
  type FailureFilter,
  type FailureGroup,
  type FailureKey,
  groupIdOf,
  listFailureGroups,
  muteFailureGroup,
  parseDeliveryId,
  readErrors,
  restoreBatch,
  retryFailures,
  totalOf,
  undoDeletion,
  unmuteFailureGroup,
} from "#webhooks/deliveries/index.ts";
import { cancelJob, markUndone, readJob } from "#webhooks/jobs/index.ts";
import { deliveryFilterFields, failureCriteria } from "#webhooks/search/index.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";
import { Problem } from "../shared/problem.ts";
import {
  EventId,
  IdOf,
  Nullable,
  pageLimit,
  pageQuery,
  parseCursor,
  parseTimes,
  representAs,
  representFoundPage,
  searchDeadline,
  searchedPageOf,
  Timestamp,
} from "./fields.ts";
import { noContent, noContentResponse, operation, type Operation, requireFound } from "./operation.ts";
import { requireSearch } from "./searches.ts";

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
    error: Type.String({ description: "The error of the last attempt." }),
    url_masked: Type.String({ description: "The URL of the last attempt." }),
  },
  { title: "Failure", description: "A delivery without attempts left." },
);

const toFailure = representAs(FailureSchema);
export const representFailure = (failure: Failure) =>
  toFailure({
    ...failure,
    id: failure.eventId,
    deliveryId: deliveryId(failure),
    urlMasked: maskEndpointUrl(failure),
  });

const writeFailureCursor = (failure: FailureKey): string => `${failure.failedAt.toISOString()}~${deliveryId(failure)}`;

function parseFailureCursor(text: string): FailureKey | undefined {
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

const searched = deliveryFilterFields;

/** The filter of the list, its count, and jobs. */
const listFields = {
  endpoint_id: searched.endpoint_id,
  event_type: searched.event_type,
  status: searched.status,
  error_class: searched.error_class,
  account: searched.account,
  object_id: searched.object_id,
  since: Type.Optional(
    Type.String({ ...searched.since, description: "Failed at this time or later: ISO 8601, or `-1d`." }),
  ),
  until: Type.Optional(
    Type.String({ ...searched.until, description: "Failed in this second or before: ISO 8601, or `-1h`." }),
  ),
  q: Type.Optional(
    Type.String({
      ...searched.q,
      description:
        "Words, each of which is in an id, the event's type, the account's or the endpoint's name, or the error.",
    }),
  ),
  ids: filterFields.ids,
};
const ListSchema = Type.Object(listFields);
type ListFields = Static<typeof ListSchema>;

/** Parses the filter of a list. Throws a Problem with field errors. */
async function requireCriteria(
  pool: Pool,
  { provider, fields: { ids, ...fields }, now }: { provider: Provider; fields: ListFields; now: Date },
) {
  const search = await requireSearch(pool, { provider, fields: { ...fields, event_id: ids }, now });
  return failureCriteria(pool, search);
}

const FailureCountSchema = Type.Object(
  {
    count: Type.Integer(),
    muted: Type.Integer({ description: "The failures among them whose group is muted." }),
    has_more: Type.Boolean({ description: "True if there may be more, because counting takes longer than a second." }),
  },
  { title: "FailureCount", description: "The number of failures on the list." },
);

const DeletedFailuresSchema = Type.Object(
  {
    deleted: Type.Integer(),
    deletion_id: Type.Integer({ description: "For `undoDeletedFailures`." }),
    undo_until: Type.String({ ...Timestamp, description: "The end of the time to undo the deletion." }),
  },
  { title: "DeletedFailures", description: "The number of deleted failures, and how to undo the deletion." },
);

export const representDeletion = (
  deleted: number,
  deletion: FailureDeletion,
): Static<typeof DeletedFailuresSchema> => ({
  deleted,
  deletion_id: deletion.id,
  undo_until: deletion.undoUntil.toISOString(),
});

/** Returns all batches of an undone deletion to the list. If the process dies, the job worker continues. */
async function restoreAll(pool: Pool, deletion: { readonly providerId: number; readonly id: number }): Promise<number> {
  let restored = 0;
  for (;;) {
    const batch = await restoreBatch(pool, deletion);
    restored += batch.restored;
    if (!batch.hasMore) return restored;
  }
}

const parseFilter = ({ id: providerId }: Provider, fields: Static<typeof FilterSchema>): FailureFilter => ({
  providerId,
  endpointId: fields.endpoint_id,
  eventIds: fields.ids,
  ...parseTimes(fields, ["until"]),
});

export const failureOperations: readonly Operation[] = [
  operation({
    id: "listFailures",
    title: "List the failures",
    description:
      "Deliveries without attempts left, until somebody retries or deletes them. A page ends after a second, so a search may have fewer " +
      "rows than `limit`; `searched_until` then says how far it got, and `next` continues.",
    method: "GET",
    path: "/failures",
    action: "read-failures",
    query: Type.Object({
      ...pageQuery,
      ...listFields,
      order: Type.Optional(
        Type.Enum(["oldest", "newest"], {
          default: "oldest",
          description: "Oldest or newest failures first.",
        }),
      ),
    }),
    isCompressed: true,
    responses: { 200: searchedPageOf(FailureSchema) },
    async handle({ pool, clock, encryption }, { provider, now, query }) {
      const { limit = pageLimit, after, order, ...fields } = query;
      const page = { order, after: parseCursor(after, parseFailureCursor), limit, isOver: searchDeadline(clock) };
      const criteria = await requireCriteria(pool, { provider, fields, now });
      const found = await findFailures(pool, encryption, criteria, page);
      return representFoundPage(found, { represent: representFailure, writeCursor: writeFailureCursor });
    },
  }),
  operation({
    id: "countFailures",
    title: "Count the failures",
    description:
      "The number of failures that were not retried or deleted, and how many of them belong to muted groups.",
    method: "GET",
    path: "/failures/count",
    action: "read-failures",
    query: ListSchema,
    responses: { 200: FailureCountSchema },
    async handle({ pool, clock }, { provider, now, query }) {
      const { id: providerId } = provider;
      if (Object.keys(query).length > 0) {
        const criteria = await requireCriteria(pool, { provider, fields: query, now });
        const { totals, hasMore } = await countFailuresByError(pool, criteria, searchDeadline(clock));
        return { ...(await totalOf(pool, { providerId, now }, totals)), has_more: hasMore };
      }
      // Every page of the Admin Portal shows this number. It needs no errors while no group is muted.
      const [count, muted] = await Promise.all([
        countFailures(pool, providerId),
        countMutedFailures(pool, { providerId, now }),
      ]);
      return { count, muted, has_more: false };
    },
  }),
  operation({
    id: "deleteFailures",
    title: "Delete failures",
    description: "The history of the deliveries stays. For a minute, the deletion can be undone.",
    method: "DELETE",
    path: "/failures",
    action: "change-failures",
    query: Type.Object({
      ...filterFields,
      all: Type.Optional(Type.Boolean({ description: "Must be true if there is no filter. Selects every failure." })),
    }),
    responses: { 200: DeletedFailuresSchema },
    async handle({ pool }, { provider, by: { actor }, query }) {
      const { all = false, endpoint_id, until, ids } = query;
      // A forgotten filter must not delete every failure.
      if (!all && [endpoint_id, until, ids].every((filter) => filter === undefined)) {
        throw new Problem("invalid", { errors: { all: ["must be true when there is no other filter"] } });
      }
      const { deleted, deletion } = await deleteFailuresForUndo(pool, parseFilter(provider, query), { actor });
      return representDeletion(deleted, deletion);
    },
  }),
  operation({
    id: "undoDeletedFailures",
    title: "Undo a deletion of failures",
    description:
      "Returns the failures to the list, except those whose deliveries were retried meanwhile. Also takes the id of a job " +
      "of the kind `delete_failures`, and stops it. Answers 409 a minute after the deletion has ended.",
    method: "POST",
    path: "/failures/deletions/{id}/undo",
    action: "change-failures",
    params: Type.Object({ id: IdOf("the deletion") }),
    responses: { 200: Type.Object({ restored: Type.Integer() }, { description: "The number of restored failures." }) },
    async handle({ pool }, { provider, by: { actor }, params: { id } }) {
      const deletion = { providerId: provider.id, id };
      const isUndone = await pool.inTransaction(async (tx) => {
        const job = await readJob(tx, provider.id, id);
        // A running job would delete the rest after the undo.
        const stopped = job?.kind === "delete_failures" ? await cancelJob(tx, provider.id, id) : undefined;
        if (!(await undoDeletion(tx, provider.id, id)) && !stopped) return false;
        if (job) await markUndone(tx, provider.id, id);
        const audit = { providerId: provider.id, actor, subject: `failures/deletions/${id}`, detail: {} };
        await recordAudit(tx, { ...audit, action: "failures.restored" });
        return true;
      });
      if (!isUndone) throw new Problem("conflict", { detail: "The deletion can no longer be undone." });
      return { restored: await restoreAll(pool, deletion) };
    },
  }),
  operation({
    id: "retryFailures",
    title: "Retry failures now",
    description:
      "Removes them from the list, and starts a new round of attempts with the same ids and bytes. Without a filter, retries all failures.",
    method: "POST",
    path: "/failures/retry",
    action: "change-failures",
    // In the query too, as listing and deleting take them: an ignored filter would retry every failure.
    query: FilterSchema,
    body: Type.Object(
      {
        ...filterFields,
        all: Type.Optional(Type.Boolean({ description: "Selects every failure. Only without a filter." })),
      },
      { title: "FailureSelection", additionalProperties: false },
    ),
    responses: { 200: Type.Object({ retried: Type.Integer() }, { description: "How many." }) },
    async handle({ pool }, { provider, by: { actor }, query, body }) {
      return { retried: await retryFailures(pool, parseFilter(provider, { ...query, ...body }), { actor }) };
    },
  }),
];

const GroupId = Type.String({ description: "The same for every failure of this cause." });

const MuteSchema = Type.Object(
  { until: Nullable(Type.String({ ...Timestamp, description: "Null: until it is unmuted." })) },
  { title: "FailureMute", description: "A muted group is not counted as new trouble." },
);

const FailureGroupSchema = Type.Object(
  {
    id: GroupId,
    endpoint_id: Type.Integer(),
    endpoint_name: Type.String(),
    endpoint_deleted: Type.Boolean({ description: "Failures of a deleted endpoint cannot be retried." }),
    error_class: Type.Enum([...failureClasses], { title: "FailureClass" }),
    status: Nullable(Type.Integer({ description: "The status of the last response. Null without a response." })),
    message: Type.String({
      description:
        "The error. Numbers, ids, addresses and hosts are replaced by `<n>`, `<id>`, `<address>` and `<host>`.",
    }),
    count: Type.Integer(),
    first_failed_at: Timestamp,
    last_failed_at: Timestamp,
    newest: Type.Object(
      { delivery_id: Type.String(), error: Type.String() },
      { title: "NewestFailure", description: "The newest event's delivery." },
    ),
    mute: Nullable(MuteSchema),
  },
  { title: "FailureGroup", description: "The failures of one endpoint with the same cause." },
);

const toFailureGroup = representAs(FailureGroupSchema);
export const representFailureGroup = ({ isEndpointDeleted, newest, mute, ...group }: FailureGroup) =>
  toFailureGroup({
    ...group,
    endpointDeleted: isEndpointDeleted,
    newest: { delivery_id: newest.deliveryId, error: newest.error },
    mute: mute && { until: mute.until?.toISOString() ?? null },
  });

/** Bounds the response. The rest would be causes with few failures each. */
const groupsMax = 500;

const params = Type.Object({ id: GroupId });

export const failureGroupOperations: readonly Operation[] = [
  operation({
    id: "listFailureGroups",
    title: "List the causes of failures",
    description: `Failures of one endpoint with the same error class, status and message form a group. The largest ${groupsMax} groups, the largest first.`,
    method: "GET",
    path: "/failures/groups",
    action: "read-failures",
    query: Type.Object({ endpoint_id: Type.Optional(IdOf("an endpoint")) }),
    responses: { 200: Type.Object({ data: Type.Array(FailureGroupSchema) }, { description: "The groups." }) },
    async handle({ pool }, { provider, now, query }) {
      const groups = await listFailureGroups(pool, { providerId: provider.id, endpointId: query.endpoint_id, now });
      return { data: groups.slice(0, groupsMax).map(representFailureGroup) };
    },
  }),
  operation({
    id: "muteFailureGroup",
    title: "Mute a cause of failures",
    description: "Its failures stay on the list and can be retried. `countFailures` counts them as muted.",
    method: "POST",
    path: "/failures/groups/{id}/mute",
    action: "change-failures",
    params,
    body: Type.Object(
      { until: Type.Optional(Nullable(Type.String({ ...Timestamp, description: "Default: until it is unmuted." }))) },
      { title: "NewFailureMute", additionalProperties: false },
    ),
    responses: { 200: MuteSchema },
    async handle({ pool }, { provider, by: { actor }, now, params: { id }, body }) {
      const { until } = parseTimes({ ...(body.until && { until: body.until }) }, ["until"]);
      if (until && until <= now) throw new Problem("invalid", { errors: { until: ["must be in the future"] } });
      const mute = { providerId: provider.id, groupId: id, until: until ?? null };
      const isOfGroup = (cause: FailureCause, endpointId: number) => groupIdOf(endpointId, cause) === mute.groupId;
      requireFound((await readErrors(pool, mute.providerId, isOfGroup))[0]); // also refuses any other text
      await pool.inTransaction(async (tx) => {
        await muteFailureGroup(tx, mute);
        const audit = { providerId: provider.id, actor, subject: `failures/groups/${id}` };
        await recordAudit(tx, { ...audit, action: "failures.muted", detail: { until: mute.until } });
      });
      return { until: mute.until?.toISOString() ?? null };
    },
  }),
  operation({
    id: "unmuteFailureGroup",
    title: "Unmute a cause of failures",
    description: "Its failures count again.",
    method: "DELETE",
    path: "/failures/groups/{id}/mute",
    action: "change-failures",
    params,
    responses: noContentResponse,
    async handle({ pool }, { provider, by: { actor }, params: { id } }) {
      requireFound(/^[0-9a-f]{24}$/.exec(id) ?? undefined); // PostgreSQL refuses some other texts
      const change = { action: "failures.unmuted", subject: `failures/groups/${id}`, detail: {} };
      const isUnmuted = await changeWithAudit(pool, { providerId: provider.id, actor, ...change }, (tx) =>
        unmuteFailureGroup(tx, { providerId: provider.id, groupId: id }),
      );
      if (!isUnmuted) throw new Problem("not-found");
      return noContent;
    },
  }),
];
