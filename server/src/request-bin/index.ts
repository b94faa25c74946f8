export { changeBinAnswer, createBin, deleteBin, listBins, readBin, type Bin } from "./bins-table.ts";
export { catchRequest, caughtBodyBytesMax } from "./catch-request.ts";
export { listBinRequests, listNextBinRequests, type BinRequest } from "./list-bin-requests.ts";
export { createOwnBins } from "./own-bins.ts";
