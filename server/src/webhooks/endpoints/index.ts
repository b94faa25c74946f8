export type { Endpoint, EndpointSettings, EndpointState, Ordering, SuccessRule } from "./endpoint.ts";
export { eventSwitches, eventTypes, isEventType, type EventType, type SwitchName } from "./event-types.ts";
export { readSubscriptions, type Subscription } from "./read-subscriptions.ts";
