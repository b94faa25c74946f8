import { type Static, Type } from "typebox";
import { eventTypes } from "#webhooks/events/index.ts";
import { EventId, IdOf, Nullable, Since, Timestamp, Until, pageQuery } from "../page-schema.ts";

const Actor = Type.Object(
  {
    kind: Type.Enum(["developer", "admin", "token", "key", "system"]),
    user_id: Nullable(Type.Integer({ description: "Null for `key` and `system`, which have no user." })),
  },
  { title: "Actor" },
);

const fields = {
  id: EventId,
  type: Type.String(),
  object_id: Type.Integer(),
  account_id: Type.Integer(),
  account_name: Type.String(),
  sequence: Type.Integer({
    description:
      "Counts the events of its account without gaps. After a database failover or restore it jumps ahead by a million or more.",
  }),
  actor: Actor,
  channel: Type.Enum(["developer_portal", "admin_portal", "api", "system"]),
  occurred_at: Timestamp,
};

const Event = Type.Object(fields, { title: "Event", description: "What happened, without the object." });
export type EventAnswer = Static<typeof Event>;

const Verdict = Type.Object(
  {
    endpoint_id: Type.Integer(),
    endpoint_name: Type.String(),
    sent: Type.Boolean({ description: "Whether a delivery was made for this endpoint." }),
    gate: Nullable(
      Type.Enum(["web_hooks_denied", "not_active", "switch_off", "no_acting_user", "admin_actions_off"], {
        title: "Gate",
        description: "What stopped it when the event was recorded. Null if nothing did.",
      }),
    ),
    delivery_id: Nullable(Type.String()),
  },
  { title: "Verdict", description: "What became of an event at one endpoint." },
);

const JsonObject = Type.Record(Type.String(), Type.Unknown());

export const EventInFull = Type.Object(
  {
    ...fields,
    document: Type.Unsafe<unknown>({ ...JsonObject, description: "The object as it was right after the change." }),
    key: Nullable(
      Type.Object(
        { last4: Type.String(), created_at: Type.String() },
        { title: "EventKey", description: "Of what happened to a key: which one." },
      ),
    ),
    previous: Type.Unsafe<unknown>({
      anyOf: [JsonObject, { type: "null" }],
      description: "For updates: the changed fields with the values that they had.",
    }),
    verdicts: Type.Array(Verdict),
  },
  { title: "EventInFull", description: "What happened, and what became of it." },
);

export type EventInFullAnswer = Static<typeof EventInFull>;

export const EventPage = Type.Object(
  {
    data: Type.Array(Event),
    next: Nullable(
      Type.String({
        description:
          "Give it as `after` to get the next page. With the newest first, null on the last one; with the oldest first never, " +
          "since more may come: a page that is not full then holds all there is yet.",
      }),
    ),
  },
  { description: "One page." },
);

export const EventParams = Type.Object({ id: EventId });

export const EventsQuery = Type.Object({
  ...pageQuery,
  order: Type.Optional(
    Type.Enum(["newest", "oldest"], {
      default: "newest",
      description:
        "`newest` first is for people, who look at the top: what is recorded while they turn pages is on none of them. " +
        "`oldest` first is for programs, which follow what happens: keep `next`, and give it as `after` whenever you want to know what has " +
        "come since. What a transaction records that is still running comes when that has ended, so none is ever passed by, " +
        "and none comes twice. The order is that of recording. Cursors of one order are none of the other.",
    }),
  ),
  type: Type.Optional(Type.Enum([...eventTypes], { description: "Events of this type." })),
  object_id: Type.Optional(IdOf("what it happened to")),
  account_id: Type.Optional(IdOf("the account that it happened in")),
  since: Type.Optional(Since),
  until: Type.Optional(Until),
});
