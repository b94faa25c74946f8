import { Type } from "typebox";
import { pageOf, pageQuery } from "../page-schema.ts";
import { answers, answersOfOne, created, done, refusable } from "../route-schema.ts";
import { Bin, BinAnswerChange, BinParams, BinRequest, BinRequestsQuery } from "./bin-schema.ts";

const tags = ["Bins"];
const params = BinParams;

export const listBins = {
  tags,
  operationId: "listBins",
  summary: "List the bins",
  querystring: Type.Object(pageQuery),
  response: answers(pageOf(Bin)),
};

export const createBin = {
  tags,
  operationId: "createBin",
  summary: "Make a bin",
  description: "A receiver for trying things out: its URL takes any request, and shows what came.",
  body: BinAnswerChange,
  response: { ...created(Bin), ...refusable },
};

export const readBin = {
  tags,
  operationId: "readBin",
  summary: "Read a bin",
  params,
  response: answersOfOne(Bin),
};

export const changeBin = {
  tags,
  operationId: "changeBin",
  summary: "Change what a bin answers",
  params,
  body: BinAnswerChange,
  response: { ...answersOfOne(Bin), ...refusable },
};

export const deleteBin = {
  tags,
  operationId: "deleteBin",
  summary: "Delete a bin with what it caught",
  params,
  response: done,
};

export const listBinRequests = {
  tags,
  operationId: "listBinRequests",
  summary: "List what a bin caught, newest first",
  params,
  querystring: BinRequestsQuery,
  response: answersOfOne(pageOf(BinRequest)),
};
