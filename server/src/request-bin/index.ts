export { type AnswerRule, AnswerRulesSchema, checkAnswerRules } from "./answer-rules.ts";
export {
  type Bin,
  type BinSettings,
  createBin,
  deleteBin,
  hasBin,
  listBins,
  readBin,
  updateBin,
  type BinShare,
  createShare,
  findShare,
  listShares,
  revokeShare,
} from "./bins.ts";
export { BinForwarder, type ForwardedRequest, type ForwardResult, pathBelow } from "./forwards.ts";
export {
  type BinRequest,
  type BinRequestSearch,
  type BinResponse,
  createOwnBins,
  type FindCell,
  eraseBinRequests,
  findSameSignature,
  listBinRequests,
  listBinRequestsAfter,
  readBinRequestBody,
  readBinRequests,
  receiveRequest,
  requestOverheadBytes,
  searchableParts,
} from "./requests.ts";
