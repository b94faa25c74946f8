import { Type } from "typebox";
import { binLimits, formatBytes } from "#platform/limits.ts";
import { pageOf, pageQuery } from "../page-schema.ts";
import { answers, answersOfOne, created, done, refusable } from "../route-schema.ts";
import { Bin, BinAnswerChange, BinParams, BinRequest, BinRequestParams, BinRequestsQuery } from "./bin-schema.ts";

const tags = ["Bins"];
const params = BinParams;

export const listBins = {
  tags,
  operationId: "listBins",
  summary: "List the bins",
  description: "By age, a page at a time.",
  querystring: Type.Object(pageQuery),
  response: answers(pageOf(Bin)),
};

export const createBin = {
  tags,
  operationId: "createBin",
  summary: "Make a bin",
  description: "A receiver for trying things out: its URL takes any request, and its view shows what came.",
  body: BinAnswerChange,
  response: { ...created(Bin), ...refusable },
};

export const readBin = {
  tags,
  operationId: "readBin",
  summary: "Read a bin",
  description: "With what it answers, and how much it has caught.",
  params,
  response: answersOfOne(Bin),
};

export const changeBin = {
  tags,
  operationId: "changeBin",
  summary: "Change what a bin answers",
  description: "The status, and how long it waits: to see what a sender makes of it.",
  params,
  body: BinAnswerChange,
  response: { ...answersOfOne(Bin), ...refusable },
};

export const deleteBin = {
  tags,
  operationId: "deleteBin",
  summary: "Delete a bin with what it caught",
  description: "Its URL takes nothing any more.",
  params,
  response: done,
};

export const listBinRequests = {
  tags,
  operationId: "listBinRequests",
  summary: "List what a bin caught, newest first",
  description:
    `Each as it came, with a verdict on its signature. A page holds ${formatBytes(binLimits.pageBytes.max)} at most, so it may be shorter than \`limit\` and have a ` +
    `\`next\` all the same. A bin keeps the newest ${binLimits.keptRequests.max} requests, and ${formatBytes(binLimits.keptBytes.max)} of them.`,
  params,
  querystring: BinRequestsQuery,
  response: answersOfOne(pageOf(BinRequest)),
};

export const readBinRequestBody = {
  tags,
  operationId: "readBinRequestBody",
  summary: "Download the body of a request",
  description: "Its bytes, whatever their `Content-Type` was.",
  params: BinRequestParams,
  response: {
    ...answersOfOne(Type.String()),
    200: {
      description: `The whole body, up to ${formatBytes(binLimits.bodyBytes.max)}.`,
      content: { "application/octet-stream": { schema: Type.Unsafe<Buffer>(Type.String({ format: "binary" })) } },
    },
  },
};
