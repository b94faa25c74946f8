export {
  type CatalogueEntry,
  type EventInterface,
  type EventType,
  type OperationalEntry,
  type OperationalEventType,
  type SwitchName,
  eventCatalogue,
  eventTypes,
  isEventType,
  isOperational,
  isSubscribedTo,
  operationalEventTypes,
  operationalEvents,
  portalEventTypes,
  switchNames,
} from "./catalogue.ts";
export { type ErasedSubject, eraseEventBatch, findAccountInEvents, readTraces } from "./erase-events.ts";
export {
  listNewestEvents,
  listObjectEvents,
  type Notification,
  type ObjectEvent,
  readFirstEvent,
  readNotifications,
  readUsersInSpans,
  type UserVersion,
} from "./object-events.ts";
export {
  cloudEventAttributes,
  credentialFields,
  dataOfEvent,
  type EventKey,
  keyInBody,
  type Sample,
  sampleBody,
  sampleFacts,
  sendEventNow,
  storePayloads,
  withoutCredentials,
} from "./render-event.ts";
export {
  type EventDetails,
  type EventSummary,
  type FeedCursor,
  followEvents,
  readEvent,
  beforeTransaction,
  startOfFeed,
} from "./read-events.ts";
export {
  type Cause,
  hasSubscriber,
  type NewEvent,
  newEventId,
  readSubscriptions,
  type RecordedEvent,
  recordEvents,
} from "./record-events.ts";
