export { type RequestContent, cloudEventHeaders, contentOfAttempt } from "./attempt-request.ts";
export { createSender, type GivenRequestSender, type Sender, type SenderOptions } from "./sender.ts";
export type { AttemptRequest } from "./attempt-request.ts";
export { type SentRequest, maskSentRequest, renderCurl, renderSentRequest } from "./sent-request.ts";
export type { BinDelivery } from "./own-bins.ts";
export { describedHeaders } from "./attempt-request.ts";
export { type SignatureCheck, type SigningSecret, checkSignature, signatureReasons } from "./signature-check.ts";
export { type NotMade, outcomeOfNotMade } from "./outcome-of-error.ts";
