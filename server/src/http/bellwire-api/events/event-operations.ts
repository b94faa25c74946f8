import { Type } from "typebox";
import { Delivery } from "../deliveries/delivery-schema.ts";
import { IdOf } from "../page-schema.ts";
import { answers, answersOfOne, refusable } from "../route-schema.ts";
import { EventInFull, EventPage, EventParams, EventsQuery } from "./event-schema.ts";

const tags = ["Events"];

export const listEvents = {
  tags,
  operationId: "listEvents",
  summary: "List what happened, or follow it",
  description:
    "What was recorded, whether it was sent anywhere or not: newest first, or with `order=oldest` without a gap.",
  querystring: EventsQuery,
  response: { ...answers(EventPage), ...refusable },
};

export const readEvent = {
  tags,
  operationId: "readEvent",
  summary: "Read an event, and what became of it at each endpoint",
  description:
    "With the object as it was, the values before, and for each endpoint whether it was sent or what stopped it.",
  params: EventParams,
  response: answersOfOne(EventInFull),
};

export const sendEvent = {
  tags,
  operationId: "sendEvent",
  summary: "Send an event to an endpoint that was not sent it",
  description: "As if the endpoint had wanted it from the start. What it was sent already is not sent twice.",
  params: EventParams,
  body: Type.Object({ endpoint_id: IdOf("the endpoint") }, { additionalProperties: false }),
  response: { ...answersOfOne(Delivery), ...refusable },
};
