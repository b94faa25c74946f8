import { parseRowId } from "#platform/ids.ts";
import { Type, type Static } from "typebox";
import { changeWithAudit } from "#access/index.ts";
import { readEndpoint } from "#webhooks/endpoints/index.ts";
import { eventTypes } from "#webhooks/events/index.ts";
import {
  cancelReplay,
  countReplayable,
  listReplays,
  progressOf,
  readReplay,
  startReplay,
  type Replay,
  type ReplayCounts,
  type ReplayRange,
} from "#webhooks/replays/index.ts";
import { Problem } from "../shared/problem.ts";
import {
  IdOf,
  Nullable,
  pageLimit,
  pageOf,
  pageQuery,
  parseCursor,
  parseTimes,
  representAs,
  representPage,
  Timestamp,
} from "./fields.ts";
import { created, operation, requireFound, type Operation } from "./operation.ts";

const only = Type.Enum(["failed", "missing", "all"], {
  description:
    "`failed`: deliveries on the failure list. `missing`: events of subscribed types without a delivery to the endpoint. " +
    "`all`: both, and all ended deliveries.",
});

const rangeFields = {
  endpoint_id: Type.Integer(),
  since: Type.String({ ...Timestamp, description: "Events at this time or later." }),
  until: Type.String({ ...Timestamp, description: "Events that happened before." }),
  event_types: Nullable(Type.Array(Type.String(), { description: "Null: all." })),
  only,
};

const ReplayCountsSchema = Type.Object(
  {
    failed: Type.Integer(),
    missing: Type.Integer(),
    delivered: Type.Integer({ description: "Delivered before, and resent with `bellwire-replay`." }),
    given_up: Type.Integer({ description: "Cancelled before, or deleted from the failure list." }),
    total: Type.Integer(),
  },
  { title: "ReplayCounts", description: "Deliveries by their previous state." },
);

const ReplaySchema = Type.Object(
  {
    id: Type.Integer(),
    ...rangeFields,
    state: Type.Enum(["running", "done", "cancelled"], { title: "ReplayState" }),
    progress: Type.Number({ description: "The examined part of the time range, from 0 to 1." }),
    counts: ReplayCountsSchema,
    created_at: Timestamp,
    finished_at: Nullable(Timestamp),
  },
  {
    title: "Replay",
    description: "Resends the events of a time range to an endpoint. The counts are the deliveries made due so far.",
  },
);

const ReplayPreviewSchema = Type.Object(
  { dry_run: Type.Boolean({ description: "Always true." }), ...rangeFields, counts: ReplayCountsSchema },
  { title: "ReplayPreview", description: "The deliveries that a replay would send now. Nothing was changed." },
);

const NewReplaySchema = Type.Object(
  {
    ...rangeFields,
    endpoint_id: IdOf("the endpoint"),
    until: Type.Optional(Type.String({ ...Timestamp, description: "Events before this time. Default: now." })),
    event_types: Type.Optional(Nullable(Type.Array(Type.Enum([...eventTypes]), { minItems: 1 }))),
    dry_run: Type.Optional(Type.Boolean({ description: "Only counts the rows." })),
  },
  { title: "NewReplay", additionalProperties: false },
);

const toReplay = representAs(ReplaySchema);
export const representReplay = (replay: Replay) =>
  toReplay({ ...replay, progress: progressOf(replay), counts: representCounts(replay) });

export const representReplayPreview = (
  range: ReplayRange,
  counts: ReplayCounts,
): Static<typeof ReplayPreviewSchema> => ({
  dry_run: true,
  ...representRange(range),
  counts: representCounts(counts),
});

const representRange = ({ endpointId, since, until, eventTypes: types, only: deliveries }: ReplayRange) => ({
  endpoint_id: endpointId,
  since: since.toISOString(),
  until: until.toISOString(),
  event_types: types && [...types],
  only: deliveries,
});

const representCounts = ({ failed, missing, delivered, givenUp }: ReplayCounts) => ({
  failed,
  missing,
  delivered,
  given_up: givenUp,
  total: failed + missing + delivered + givenUp,
});

/** Ends the range now at the latest, because a replay sends past events only. */
function parseRange(providerId: number, body: Static<typeof NewReplaySchema>, now: Date): ReplayRange {
  const { since = now, until = now } = parseTimes(body, ["since", "until"]);
  const end = until < now ? until : now;
  if (since >= end) {
    throw new Problem("invalid", { errors: { since: ["must be before `until`, and in the past"] } });
  }
  return {
    providerId,
    endpointId: body.endpoint_id,
    since,
    until: end,
    eventTypes: body.event_types ?? null,
    only: body.only,
  };
}

const params = Type.Object({ id: IdOf("the replay") });

export const replayOperations: readonly Operation[] = [
  operation({
    id: "createReplay",
    title: "Resend the events of a time range",
    description:
      "Runs in the background and survives restarts. Each event keeps its `webhook-id`, and its bytes if it was sent before. " +
      "Ordered endpoints receive the events in order. An endpoint has one running replay at most. With `dry_run`, responds with " +
      "200 and the numbers of deliveries.",
    method: "POST",
    path: "/replays",
    action: "change-webhooks",
    body: NewReplaySchema,
    responses: { 200: ReplayPreviewSchema, 201: ReplaySchema },
    async handle({ pool, encryption }, { provider, by: { actor, now }, body }) {
      const providerId = provider.id;
      const range = parseRange(providerId, body, now);
      const endpoint = await readEndpoint(pool, encryption, { providerId, id: body.endpoint_id });
      if (!endpoint) throw new Problem("invalid", { errors: { endpoint_id: ["is no endpoint of yours"] } });
      if (body.dry_run === true) {
        const counts = await countReplayable(pool, { ...range, subscribedTo: endpoint.eventTypes });
        return representReplayPreview(range, counts);
      }
      const change = { action: "replay.started", subject: `endpoint/${endpoint.id}`, detail: representRange(range) };
      const replay = await changeWithAudit(pool, { providerId, actor, ...change }, (tx) => startReplay(tx, range));
      if (!replay) throw new Problem("conflict", { detail: "Another replay of this endpoint is running." });
      return created(`/replays/${replay.id}`, representReplay(replay));
    },
  }),
  operation({
    id: "listReplays",
    title: "List the replays, newest first",
    description: "Running and ended replays.",
    method: "GET",
    path: "/replays",
    action: "read-webhooks",
    query: Type.Object({ ...pageQuery, endpoint_id: Type.Optional(IdOf("an endpoint")) }),
    responses: { 200: pageOf(ReplaySchema) },
    async handle({ pool }, { provider, query: { limit = pageLimit, after, endpoint_id: endpointId } }) {
      const beforeId = parseCursor(after, parseRowId);
      const replays = await listReplays(pool, { providerId: provider.id, endpointId, beforeId, limit: limit + 1 });
      return representPage(replays, limit, { represent: representReplay, cursorOf: ({ id }) => String(id) });
    },
  }),
  operation({
    id: "readReplay",
    title: "Read the progress of a replay",
    description: "Includes the numbers of deliveries made due so far.",
    method: "GET",
    path: "/replays/{id}",
    action: "read-webhooks",
    params,
    responses: { 200: ReplaySchema },
    async handle({ pool }, { provider, params: { id } }) {
      return representReplay(requireFound(await readReplay(pool, provider.id, id)));
    },
  }),
  operation({
    id: "cancelReplay",
    title: "Cancel a replay",
    description: "Deliveries that are already due stay due.",
    method: "POST",
    path: "/replays/{id}/cancel",
    action: "change-webhooks",
    params,
    responses: { 200: ReplaySchema },
    async handle({ pool }, { provider, by: { actor }, params: { id } }) {
      const change = { action: "replay.cancelled", subject: `replay/${id}`, detail: {} };
      const replay = await changeWithAudit(pool, { providerId: provider.id, actor, ...change }, (tx) =>
        cancelReplay(tx, provider.id, id),
      );
      if (replay) return representReplay(replay);
      requireFound(await readReplay(pool, provider.id, id));
      throw new Problem("conflict", { detail: "The replay has already ended." });
    },
  }),
];
