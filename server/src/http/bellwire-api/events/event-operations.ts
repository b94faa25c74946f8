import { Type } from "typebox";
import { Delivery } from "../deliveries/delivery-schema.ts";
import { Id, pageOf } from "../page-schema.ts";
import { answers, answersOfOne, refusable } from "../route-schema.ts";
import { Event, EventInFull, EventParams, EventsQuery } from "./event-schema.ts";

const tags = ["Events"];

export const listEvents = {
  tags,
  operationId: "listEvents",
  summary: "List what happened, newest first",
  querystring: EventsQuery,
  response: { ...answers(pageOf(Event)), ...refusable },
};

export const readEvent = {
  tags,
  operationId: "readEvent",
  summary: "Read an event, and what became of it at each endpoint",
  params: EventParams,
  response: answersOfOne(EventInFull),
};

export const sendEvent = {
  tags,
  operationId: "sendEvent",
  summary: "Send an event to an endpoint that was not sent it",
  params: EventParams,
  body: Type.Object({ endpoint_id: Id }, { additionalProperties: false }),
  response: { ...answersOfOne(Delivery), ...refusable },
};
