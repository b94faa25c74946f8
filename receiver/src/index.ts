export { isFields, listOf, textOf, type Field, type Fields } from "./fields.ts";
export { readEvent, type ReadEventOptions, type WebhookEvent } from "./read-event.ts";
export { readHeaders, type EventHeaders } from "./read-headers.ts";
export { InvalidSecret, readSecrets } from "./secrets.ts";
export { UnreadableEvent } from "./unreadable-event.ts";
export { verifyWebhook, type Distrust, type Verdict, type WebhookToVerify } from "./verify-webhook.ts";
