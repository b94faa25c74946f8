export { createSender, type Sender, type SenderOptions } from "./create-sender.ts";
export type { AttemptRequest } from "./attempt-request.ts";
export type { BinDelivery, OwnBins } from "./deliver-to-own-bin.ts";
export { judgeSignature, type SignatureVerdict } from "./judge-signature.ts";
