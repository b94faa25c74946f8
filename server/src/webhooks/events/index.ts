export type { Cause, NewEvent, RecordedEvent } from "./new-event.ts";
export { recordEvents } from "./record-events.ts";
