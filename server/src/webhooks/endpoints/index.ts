export { eventSwitches, eventTypes, isEventType, type EventType, type SwitchName } from "./event-types.ts";
