import { type Replay, type ReplayCounts, type ReplayRange, progressOf } from "#webhooks/replays/index.ts";
import type { ReplayAnswer } from "./replay-schema.ts";

export const representReplay = (replay: Replay): ReplayAnswer => ({
  id: replay.id,
  ...representRange(replay),
  state: replay.state,
  progress: progressOf(replay),
  counts: representCounts(replay),
  created_at: replay.createdAt.toISOString(),
  finished_at: replay.finishedAt?.toISOString() ?? null,
});

export const representRange = ({ endpointId, since, until, eventTypes, only }: ReplayRange) => ({
  endpoint_id: endpointId,
  since: since.toISOString(),
  until: until.toISOString(),
  event_types: eventTypes && [...eventTypes],
  only,
});

export const representCounts = ({ failed, missing, delivered, givenUp }: ReplayCounts): ReplayAnswer["counts"] => ({
  failed,
  missing,
  delivered,
  given_up: givenUp,
  total: failed + missing + delivered + givenUp,
});
