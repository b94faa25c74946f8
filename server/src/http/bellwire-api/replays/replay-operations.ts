import { pageOf } from "../page-schema.ts";
import { answers, answersOfOne, conflicting, created, refusable } from "../route-schema.ts";
import { NewReplay, Replay, ReplayParams, ReplayPreview, ReplaysQuery } from "./replay-schema.ts";

const tags = ["Replays"];
const params = ReplayParams;

export const createReplay = {
  tags,
  operationId: "createReplay",
  summary: "Send events of a span of time again",
  description:
    "Goes on in the background, whatever is restarted meanwhile. Each event keeps its `webhook-id`, and its bytes if it was sent " +
    "before; an ordered endpoint gets them in its order. One at a time for an endpoint. With `dry_run` it answers 200 and what " +
    "it would send.",
  body: NewReplay,
  response: { ...answers(ReplayPreview), ...created(Replay), ...conflicting, ...refusable },
};

export const listReplays = {
  tags,
  operationId: "listReplays",
  summary: "List the replays, newest first",
  description: "Those that go on, and those that have ended.",
  querystring: ReplaysQuery,
  response: { ...answers(pageOf(Replay)), ...refusable },
};

export const readReplay = {
  tags,
  operationId: "readReplay",
  summary: "Read how far a replay is",
  description: "With what it has made due so far.",
  params,
  response: answersOfOne(Replay),
};

export const cancelReplay = {
  tags,
  operationId: "cancelReplay",
  summary: "Stop a replay",
  description: "What it has made due stays due.",
  params,
  response: { ...answersOfOne(Replay), ...conflicting },
};
