export { cloudEventHeaders } from "./cloud-event-headers.ts";
export { createSender, type Sender, type SenderOptions } from "./create-sender.ts";
export type { AttemptRequest } from "./attempt-request.ts";
export type { BinDelivery } from "./deliver-to-own-bin.ts";
export { describedHeaders } from "./described-headers.ts";
export { judgeSignature, type SignatureVerdict } from "./judge-signature.ts";
