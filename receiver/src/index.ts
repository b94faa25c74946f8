export { readHeaders, type EventHeaders } from "./read-headers.ts";
export { verifyWebhook, type Distrust, type Verdict, type WebhookToVerify } from "./verify-webhook.ts";
