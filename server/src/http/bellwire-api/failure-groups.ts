import { Type, type Static } from "typebox";
import { recordAudit } from "#access/index.ts";
import {
  type FailureCause,
  failureClasses,
  listFailureGroups,
  muteFailureGroup,
  groupIdOf,
  readErrors,
  unmuteFailureGroup,
  type FailureGroup,
} from "#webhooks/deliveries/index.ts";
import { Problem } from "../shared/problem.ts";
import { IdOf, Nullable, parseTimes, Timestamp } from "./fields.ts";
import { noContent, noContentResponse, operation, requireFound, type Operation } from "./operation.ts";

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

export const representFailureGroup = (group: FailureGroup): Static<typeof FailureGroupSchema> => ({
  id: group.id,
  endpoint_id: group.endpointId,
  endpoint_name: group.endpointName,
  endpoint_deleted: group.isEndpointDeleted,
  error_class: group.errorClass,
  status: group.status,
  message: group.message,
  count: group.count,
  first_failed_at: group.firstFailedAt.toISOString(),
  last_failed_at: group.lastFailedAt.toISOString(),
  newest: { delivery_id: group.newest.deliveryId, error: group.newest.error },
  mute: group.mute && { until: group.mute.until?.toISOString() ?? null },
});

/** Bounds the response. The rest would be causes with few failures each. */
const groupsMax = 500;

const tag = "Failures";
const params = Type.Object({ id: GroupId });

export const failureGroupOperations: readonly Operation[] = [
  operation({
    id: "listFailureGroups",
    tag,
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
    tag,
    title: "Mute a cause of failures",
    description: "Its failures stay on the list and can be retried. `countFailures` counts them as muted.",
    method: "POST",
    path: "/failures/groups/{id}/mute",
    action: "change-failures",
    params,
    body: Type.Object(
      { until: Type.Optional(Nullable(Type.String({ ...Timestamp, description: "If absent: until it is unmuted." }))) },
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
    tag,
    title: "Unmute a cause of failures",
    description: "Its failures count again.",
    method: "DELETE",
    path: "/failures/groups/{id}/mute",
    action: "change-failures",
    params,
    responses: noContentResponse,
    async handle({ pool }, { provider, by: { actor }, params: { id } }) {
      requireFound(/^[0-9a-f]{24}$/.exec(id) ?? undefined); // PostgreSQL refuses some other texts
      const isUnmuted = await pool.inTransaction(async (tx) => {
        if (!(await unmuteFailureGroup(tx, { providerId: provider.id, groupId: id }))) return false;
        const audit = { providerId: provider.id, actor, subject: `failures/groups/${id}`, detail: {} };
        await recordAudit(tx, { ...audit, action: "failures.unmuted" });
        return true;
      });
      if (!isUnmuted) throw new Problem("not-found");
      return noContent;
    },
  }),
];
