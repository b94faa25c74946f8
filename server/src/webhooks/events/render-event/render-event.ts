import type { Channel } from "#access/index.ts";
import type { Node } from "#platform/document/document.ts";
import type { BodyFormat } from "#webhooks/deliveries/index.ts";

import type { EventKey } from "../new-event.ts";
import { render3scale } from "./render-3scale.ts";
import { renderCloudEvent, renderData, renderJson } from "./render-json.ts";

/** Counts the changes of what the renderers below make of one and the same event. Stored with each event. */
export const rendererVersion = 1;

/** All that a body can tell of an event. */
export interface RenderedEvent {
  readonly id: string;
  /** How the outside reaches the provider. */
  readonly source: string;
  readonly type: string;
  readonly occurredAt: Date;
  readonly objectId: number;
  readonly accountId: number;
  readonly accountName: string;
  readonly sequence: number;
  readonly actor: { readonly kind: string; readonly user_id?: number };
  readonly channel: Channel;
  readonly document: Node;
  readonly key?: EventKey;
  readonly previous?: Readonly<Record<string, unknown>>;
}

/** The bytes of an event's deliveries in one format, fixed here once. */
export function renderEvent(event: RenderedEvent, format: BodyFormat): Buffer {
  const withCredentials = format.endsWith("+credentials");
  switch (format) {
    case "3scale":
      return Buffer.from(render3scale(event.type, event.document));
    case "json":
    case "json+credentials":
      return Buffer.from(renderJson(event, { withCredentials }));
    case "cloudevents":
    case "cloudevents+credentials":
      return Buffer.from(renderCloudEvent(event, { withCredentials }));
    case "cloudevents-binary":
    case "cloudevents-binary+credentials":
      return Buffer.from(renderData(event, { withCredentials }));
  }
}
