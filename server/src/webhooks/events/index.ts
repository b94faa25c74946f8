export { eventCatalogue, type CatalogueEntry, type Door } from "./catalogue.ts";
export { followEvents, listEvents, type EventFilter, type EventSummary, type FeedCursor } from "./list-events.ts";
export type { Cause, NewEvent, RecordedEvent } from "./new-event.ts";
export { readEvent, type EventInFull, type Verdict } from "./read-event.ts";
export { withoutCredentials } from "./render-event/without-credentials.ts";
export { recordEvents } from "./record-events.ts";
export { sampleBody } from "./sample-event.ts";
export { sendEventNow } from "./send-event-now.ts";
