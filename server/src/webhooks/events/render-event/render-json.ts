import { documentToJson } from "#platform/document/write-json.ts";

import type { EventKey } from "../new-event.ts";
import { cloudEventAttributes } from "./cloud-event-attributes.ts";
import type { RenderedEvent } from "./render-event.ts";
import { withoutCredentials } from "./without-credentials.ts";

export interface Credentials {
  /** Whether keys are in it. */
  readonly withCredentials: boolean;
}

/** The body that Standard Webhooks recommends: `type`, `timestamp`, `data`. */
export const renderJson = (event: RenderedEvent, choice: Credentials): string =>
  JSON.stringify({ type: event.type, timestamp: event.occurredAt.toISOString(), data: dataOf(event, choice) });

/** A CloudEvent in structured mode: its attributes and its data in one. */
export function renderCloudEvent(event: RenderedEvent, choice: Credentials): string {
  const { kind, user_id: userId } = event.actor;
  const attributes = cloudEventAttributes({
    ...event,
    time: event.occurredAt.toISOString(),
    actor: userId === undefined ? kind : `${kind}:${userId}`,
  });
  return JSON.stringify({ ...attributes, datacontenttype: "application/json", data: dataOf(event, choice) });
}

/** The body of a CloudEvent in binary mode: its attributes are headers. */
export const renderData = (event: RenderedEvent, choice: Credentials): string => JSON.stringify(dataOf(event, choice));

/** The whole document and its context. */
function dataOf(event: RenderedEvent, { withCredentials }: Credentials): object {
  const document = withCredentials ? event.document : withoutCredentials(event.document);
  return {
    [document.name]: documentToJson(document),
    ...(event.key ? { key: { ...keyInBody(event.key), ...(withCredentials ? { value: event.key.value } : {}) } } : {}),
    ...(document.name === "account" ? {} : { account: { id: event.accountId, org_name: event.accountName } }),
    ...(event.previous ? { previous: event.previous } : {}),
    actor: event.actor,
    channel: event.channel,
    sequence: event.sequence,
  };
}

/** Enough to tell a key from others, and not to use it. */
export const keyInBody = ({ value, createdAt }: EventKey) => ({ last4: value.slice(-4), created_at: createdAt });
