import { type Static, Type } from "typebox";
import { eventTypes } from "#webhooks/events/index.ts";
import { IdOf, Nullable, Timestamp, pageQuery } from "../page-schema.ts";

const only = Type.Enum(["failed", "missing", "all"], {
  description:
    "`failed`: what is on the list of failures. `missing`: events that the endpoint has no delivery of, of the types that it " +
    "is subscribed to, whatever stopped them. `all`: both, and what had ended, sent again.",
});

const range = {
  endpoint_id: Type.Integer(),
  since: Type.String({ ...Timestamp, description: "Events that happened then or later." }),
  until: Type.String({ ...Timestamp, description: "Events that happened before." }),
  event_types: Nullable(Type.Array(Type.String(), { description: "Null: all." })),
  only,
};

const ReplayCounts = Type.Object(
  {
    failed: Type.Integer(),
    missing: Type.Integer(),
    delivered: Type.Integer({ description: "Sent again, with `bellwire-replay`." }),
    given_up: Type.Integer({ description: "Sent again though cancelled, or taken off the list of failures." }),
    total: Type.Integer(),
  },
  { title: "ReplayCounts", description: "Deliveries, by what they were before." },
);

export const Replay = Type.Object(
  {
    id: Type.Integer(),
    ...range,
    state: Type.Enum(["running", "done", "cancelled"], { title: "ReplayState" }),
    progress: Type.Number({ description: "How much of the time has been worked through, from 0 to 1." }),
    counts: ReplayCounts,
    created_at: Timestamp,
    finished_at: Nullable(Timestamp),
  },
  {
    title: "Replay",
    description: "Events of a span of time, sent to an endpoint again. The counts are what was made due so far.",
  },
);
export type ReplayAnswer = Static<typeof Replay>;

export const ReplayPreview = Type.Object(
  { dry_run: Type.Literal(true), ...range, counts: ReplayCounts },
  { title: "ReplayPreview", description: "What a replay would send now. Nothing was done." },
);

export const NewReplay = Type.Object(
  {
    ...range,
    endpoint_id: IdOf("the endpoint"),
    until: Type.Optional(
      Type.String({ ...Timestamp, description: "Events that happened before. Left out: until now." }),
    ),
    event_types: Type.Optional(Nullable(Type.Array(Type.Enum([...eventTypes]), { minItems: 1 }))),
    dry_run: Type.Optional(Type.Boolean({ description: "Only counts." })),
  },
  { title: "NewReplay", additionalProperties: false },
);

export const ReplayParams = Type.Object({ id: IdOf("the replay") });
export const ReplaysQuery = Type.Object({ ...pageQuery, endpoint_id: Type.Optional(IdOf("an endpoint")) });
