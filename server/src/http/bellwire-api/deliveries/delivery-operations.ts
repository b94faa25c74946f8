import { pageOf } from "../page-schema.ts";
import { answers, answersOfOne, conflicting, refusable } from "../route-schema.ts";
import { DeliveriesQuery, Delivery, DeliveryInFull, DeliveryParams } from "./delivery-schema.ts";

const tags = ["Deliveries"];
const params = DeliveryParams;

export const listDeliveries = {
  tags,
  operationId: "listDeliveries",
  summary: "List deliveries, those of the newest event first",
  description: "Each with its last attempt.",
  querystring: DeliveriesQuery,
  response: { ...answers(pageOf(Delivery)), ...refusable },
};

export const readDelivery = {
  tags,
  operationId: "readDelivery",
  summary: "Read a delivery with its attempts",
  description: "With the bytes that are sent, and what was answered at each attempt.",
  params,
  response: answersOfOne(DeliveryInFull),
};

export const retryDelivery = {
  tags,
  operationId: "retryDelivery",
  summary: "Send a delivery now, whatever its state",
  description: "The same id and the same bytes. What was delivered before carries `bellwire-replay`.",
  params,
  response: { ...answersOfOne(Delivery), ...conflicting },
};

export const skipDelivery = {
  tags,
  operationId: "skipDelivery",
  summary: "Let the next of its order go",
  description: "The delivery goes on being tried, and those that wait for it in their order wait no longer.",
  params,
  response: { ...answersOfOne(Delivery), ...conflicting },
};

export const cancelDelivery = {
  tags,
  operationId: "cancelDelivery",
  summary: "Give a pending delivery up",
  description: "It is not tried any more, and is no failure.",
  params,
  response: { ...answersOfOne(Delivery), ...conflicting },
};
