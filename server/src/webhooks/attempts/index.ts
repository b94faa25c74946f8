export {
  type AttemptRequest,
  cloudEventHeaders,
  contentOfAttempt,
  describedHeaders,
  maskOutcome,
  maskSentRequest,
  renderCurl,
  renderSentRequest,
  type RequestContent,
  type SentRequest,
} from "./attempt-request.ts";
export { type BinDelivery, createSender, type GivenRequestSender, type Sender, type SenderOptions } from "./sender.ts";
export { type SignatureCheck, checkSignature, signatureReasons } from "./signature.ts";
export { type NotMade, outcomeOfNotMade } from "./exchange.ts";
