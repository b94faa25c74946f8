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
  description: "By age, a page at a time.",
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
  description: "Each as it came, with a verdict on its signature.",
  params,
  querystring: BinRequestsQuery,
  response: answersOfOne(pageOf(BinRequest)),
};
