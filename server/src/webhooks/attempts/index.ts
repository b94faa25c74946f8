export { cloudEventHeaders } from "./attempt-request.ts";
export { createSender, type Sender, type SenderOptions } from "./sender.ts";
export type { AttemptRequest } from "./attempt-request.ts";
export type { BinDelivery } from "./own-bins.ts";
export { describedHeaders } from "./attempt-request.ts";
export { judgeSignature, type SignatureVerdict } from "./signature.ts";
