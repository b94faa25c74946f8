import { Type } from "typebox";
import { answers, answersOfOne, refusable } from "../route-schema.ts";
import { EventTypeEntry, EventTypeParams, SampleQuery } from "./event-type-schema.ts";

const tags = ["Event types"];

export const listEventTypes = {
  tags,
  operationId: "listEventTypes",
  summary: "List the types of events",
  response: answers(Type.Object({ data: Type.Array(EventTypeEntry) }, { description: "All of them." })),
};

const sample = {
  description:
    "The body that an endpoint of this format gets. Of `cloudevents-binary` the attributes come as headers, as there.",
  content: {
    "application/xml": { schema: Type.String() },
    "application/json": { schema: Type.String() },
    "application/cloudevents+json": { schema: Type.String() },
  },
};

export const readSample = {
  tags,
  operationId: "readEventTypeSample",
  summary: "Read a sample of a type of event",
  params: EventTypeParams,
  querystring: SampleQuery,
  response: { ...answersOfOne(Type.String()), 200: sample, ...refusable },
};
