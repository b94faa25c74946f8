import { Type } from "typebox";
import { pageOf } from "../page-schema.ts";
import { answers, refusable } from "../route-schema.ts";
import {
  Failure,
  FailureCount,
  FailuresQuery,
  FailuresToCount,
  FailuresToDelete,
  FailuresToRetry,
  FailuresToRetryInQuery,
} from "./failure-schema.ts";

const tags = ["Failures"];

export const listFailures = {
  tags,
  operationId: "listFailures",
  summary: "List the failures",
  description: "Deliveries whose attempts are used up, until somebody retries or deletes them.",
  querystring: FailuresQuery,
  response: { ...answers(pageOf(Failure)), ...refusable },
};

export const countFailures = {
  tags,
  operationId: "countFailures",
  summary: "Count the failures",
  description: "How many wait for somebody to retry or delete them.",
  querystring: FailuresToCount,
  response: { ...answers(FailureCount), ...refusable },
};

export const deleteFailures = {
  tags,
  operationId: "deleteFailures",
  summary: "Take failures off the list",
  description: "The history of the deliveries stays.",
  querystring: FailuresToDelete,
  response: { ...answers(Type.Object({ deleted: Type.Integer() }, { description: "How many." })), ...refusable },
};

export const retryFailures = {
  tags,
  operationId: "retryFailures",
  summary: "Retry failures now",
  description:
    "They leave the list, and get a new round of attempts with the same ids and bytes. Without a filter, in the body or the query, it is all of them.",
  querystring: FailuresToRetryInQuery,
  body: FailuresToRetry,
  response: { ...answers(Type.Object({ retried: Type.Integer() }, { description: "How many." })), ...refusable },
};
