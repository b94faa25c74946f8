import { Type } from "typebox";
import { eventTypes } from "#webhooks/events/index.ts";
import { Attempt } from "../deliveries/attempt-schema.ts";
import { pageOf, pageQuery } from "../page-schema.ts";
import { answers, answersOfOne, conflicting, created, done, refusable } from "../route-schema.ts";
import {
  Endpoint,
  EndpointChange,
  EndpointParams,
  EndpointSecret,
  EndpointUrl,
  NewEndpoint,
} from "./endpoint-schema.ts";

const tags = ["Endpoints"];
const params = EndpointParams;

export const listEndpoints = {
  tags,
  operationId: "listEndpoints",
  summary: "List the endpoints",
  description: "By age, a page at a time.",
  querystring: Type.Object(pageQuery),
  response: answers(pageOf(Endpoint)),
};

export const createEndpoint = {
  tags,
  operationId: "createEndpoint",
  summary: "Make an endpoint",
  description: "What is left out gets a default that fits the format.",
  body: NewEndpoint,
  response: { ...created(Endpoint), ...conflicting, ...refusable },
};

export const readEndpoint = {
  tags,
  operationId: "readEndpoint",
  summary: "Read an endpoint",
  description: "Its URL is masked, as in all responses.",
  params,
  response: answersOfOne(Endpoint),
};

export const changeEndpoint = {
  tags,
  operationId: "changeEndpoint",
  summary: "Change an endpoint",
  description: "Changes the fields that are given. It counts from the next attempt on, of what is pending too.",
  params,
  body: EndpointChange,
  response: { ...answersOfOne(Endpoint), ...conflicting, ...refusable },
};

export const deleteEndpoint = {
  tags,
  operationId: "deleteEndpoint",
  summary: "Delete an endpoint",
  description: "Its pending deliveries are cancelled. Its history stays.",
  params,
  response: done,
};

export const readUrl = {
  tags,
  operationId: "readEndpointUrl",
  summary: "Read the whole URL",
  description:
    "For those who may change the endpoint. Its query often holds a secret, so an audit record names who read it.",
  params,
  response: answersOfOne(EndpointUrl),
};

export const readSecret = {
  tags,
  operationId: "readEndpointSecret",
  summary: "Read the secret that signs",
  description: "For those who may change the endpoint. Give it to the receiver, which verifies signatures with it.",
  params,
  response: answersOfOne(EndpointSecret),
};

export const rotateSecret = {
  tags,
  operationId: "rotateEndpointSecret",
  summary: "Make a new secret",
  description: "For 24 hours both the new and the old one sign, so that the receiver can change without a gap.",
  params,
  response: answersOfOne(EndpointSecret),
};

export const pingEndpoint = {
  tags,
  operationId: "pingEndpoint",
  summary: "Send a sample event now",
  description:
    "A signed sample of the event, marked `bellwire-test: true`, through the same guard and sender as real ones. " +
    "Answers with the attempt. It is not recorded.",
  params,
  body: Type.Object({ event_type: Type.Optional(Type.Enum([...eventTypes])) }, { additionalProperties: false }),
  response: { ...answersOfOne(Attempt), ...refusable },
};
