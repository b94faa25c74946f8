export { createSender, type Sender, type SenderOptions } from "./create-sender.ts";
export type { AttemptRequest } from "./attempt-request.ts";
export type { BinDelivery, OwnBins } from "./deliver-to-own-bin.ts";
export { isReservedHeader } from "./request-headers.ts";
export { verifySignature } from "./sign-request.ts";
