export { eventCatalogue, type CatalogueEntry, type Door } from "./catalogue.ts";
export {
  followEvents,
  listEvents,
  startOfFeed,
  type EventFilter,
  type EventSummary,
  type FeedCursor,
} from "./list-events.ts";
export type { Cause, EventKey, NewEvent, RecordedEvent } from "./new-event.ts";
export { readEvent, type EventInFull, type Verdict } from "./read-event.ts";
export { cloudEventAttributes } from "./render-event/cloud-event-attributes.ts";
export { keyInBody } from "./render-event/render-json.ts";
export { credentialFields, withoutCredentials } from "./render-event/without-credentials.ts";
export { recordEvents } from "./record-events.ts";
export { sampleBody, sampleFacts, type Sample } from "./sample-event.ts";
export { sendEventNow } from "./send-event-now.ts";
export { storePayloads } from "./store-payloads.ts";
