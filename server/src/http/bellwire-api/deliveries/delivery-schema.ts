import { type Static, Type } from "typebox";
import { eventTypes } from "#webhooks/events/index.ts";
import { EventId, IdOf, Nullable, Since, Timestamp, Until, pageQuery } from "../page-schema.ts";
import { Attempt, AttemptInShort } from "./attempt-schema.ts";

const deliveryStates = ["pending", "delivered", "failed", "cancelled"] as const;
const DeliveryState = Type.Enum([...deliveryStates], { title: "DeliveryState" });

const fields = {
  id: Type.String({ description: "The event's id, a dot, and the endpoint's id." }),
  event_id: EventId,
  event_type: Type.String(),
  object_id: Type.Integer(),
  account_id: Type.Integer(),
  account_name: Type.String(),
  occurred_at: Timestamp,
  endpoint_id: Type.Integer(),
  endpoint_name: Type.String(),
  state: DeliveryState,
  attempts_made: Type.Integer(),
  replay: Type.Integer({ description: "How often it was sent again by hand." }),
  next_attempt_at: Nullable(
    Type.String({
      ...Timestamp,
      description: "When it is due. Null unless pending, and while it waits for the one before it in its order.",
    }),
  ),
  ended_at: Nullable(Timestamp),
  last_attempt: Nullable(AttemptInShort),
};

export const Delivery = Type.Object(fields, { title: "Delivery", description: "One event for one endpoint." });
export type DeliveryAnswer = Static<typeof Delivery>;

export const DeliveryInFull = Type.Object(
  {
    ...fields,
    content_type: Nullable(Type.String()),
    body: Nullable(Type.String({ description: "The very text that is signed and sent, the same at every attempt." })),
    attempts: Type.Array(Attempt),
    waits_for: Nullable(
      Type.String({
        description: "The id of the delivery that goes before it in its order, while it waits for that one.",
      }),
    ),
    holds_up: Type.Integer({
      description:
        "How many wait for it in their order, counted up to 1000. They go when it ends, or when it is skipped.",
    }),
  },
  { title: "DeliveryInFull", description: "One event for one endpoint, with all that was sent and answered." },
);

export type DeliveryInFullAnswer = Static<typeof DeliveryInFull>;

export const DeliveryParams = Type.Object({
  id: Type.String({ description: "The event's id, a dot, and the endpoint's id." }),
});

export const DeliveriesQuery = Type.Object({
  ...pageQuery,
  endpoint_id: Type.Optional(IdOf("an endpoint")),
  state: Type.Optional(Type.Enum([...deliveryStates], { description: "Those that are in this state." })),
  event_type: Type.Optional(Type.Enum([...eventTypes], { description: "Of events of this type." })),
  event_id: Type.Optional(EventId),
  since: Type.Optional(Since),
  until: Type.Optional(Until),
});
