export { changeBinAnswer, createBin, deleteBin, listBins, readBin, type Bin } from "./bins-table.ts";
export {
  bytesInFlightMax,
  caughtBodyBytesMax,
  RateLimiter,
  rateOfNetwork,
  rateOfProvider,
  requestOverheadBytes,
} from "./bin-limits.ts";
export { catchRequest } from "./catch-request.ts";
export { listBinRequests, listNextBinRequests, readBinRequestBody, type BinRequest } from "./list-bin-requests.ts";
export { createOwnBins } from "./own-bins.ts";
