import type { Node } from "#platform/document/document.ts";
import { documentToJson } from "#platform/document/write-json.ts";

import type { RenderedEvent } from "./render-event.ts";

/** The body that Standard Webhooks recommends: `type`, `timestamp`, `data`; the data is the whole document and its context. */
export function renderJson(event: RenderedEvent, document: Node): string {
  return JSON.stringify({
    type: event.type,
    timestamp: event.occurredAt.toISOString(),
    data: {
      [document.name]: documentToJson(document),
      ...(document.name === "account" ? {} : { account: { id: event.accountId, org_name: event.accountName } }),
      ...(event.previous ? { previous: event.previous } : {}),
      actor: event.actor,
      channel: event.channel,
      sequence: event.sequence,
    },
  });
}
