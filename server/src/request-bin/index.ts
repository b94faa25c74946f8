export { type Bin, createBin, deleteBin, listBins, readBin, updateBin } from "./bins.ts";
export {
  type BinRequest,
  createOwnBins,
  listBinRequests,
  listBinRequestsAfter,
  readBinRequestBody,
  receiveRequest,
  requestOverheadBytes,
} from "./requests.ts";
