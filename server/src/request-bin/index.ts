export { changeBinAnswer, createBin, deleteBin, listBins, readBin, type Bin } from "./bins-table.ts";
export { RateLimiter } from "./rate-limiter.ts";
export { catchRequest, requestOverheadBytes } from "./catch-request.ts";
export { listBinRequests, listNextBinRequests, readBinRequestBody, type BinRequest } from "./list-bin-requests.ts";
export { createOwnBins } from "./own-bins.ts";
