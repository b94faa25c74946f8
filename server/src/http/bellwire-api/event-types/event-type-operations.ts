import { Type } from "typebox";
import { answers, answersOfOne, refusable } from "../route-schema.ts";
import { EventTypeEntry, EventTypeParams, SampleQuery } from "./event-type-schema.ts";

const tags = ["Event types"];

export const listEventTypes = {
  tags,
  operationId: "listEventTypes",
  summary: "List the types of events",
  description: "The catalogue: every type, its switch in 3scale's webhook, and where it can come from.",
  response: answers(Type.Object({ data: Type.Array(EventTypeEntry) }, { description: "All of them." })),
};

/** It is sent as the text that it would be sent as to an endpoint. The webhooks say what each holds. */
const Body = Type.Unsafe<string>(Type.Object({}, { additionalProperties: true }));

const sample = {
  description:
    "The body that an endpoint of this format gets. Of `cloudevents-binary` the attributes come as headers, as there.",
  content: {
    "application/xml": { schema: Type.String() },
    "application/json": { schema: Body },
    "application/cloudevents+json": { schema: Body },
  },
};

export const readSample = {
  tags,
  operationId: "readEventTypeSample",
  summary: "Read a sample of a type of event",
  description: "The very document that an endpoint of this format would get, of things that do not exist.",
  params: EventTypeParams,
  querystring: SampleQuery,
  response: { ...answersOfOne(Type.String()), 200: sample, ...refusable },
};
