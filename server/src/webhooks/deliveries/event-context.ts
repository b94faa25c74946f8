import { isoTime } from "#platform/clock/iso-time.ts";

/**
 * What is told of an event beside its body, in headers: CloudEvents calls such things context attributes (§3.1). Fixed when
 * the event is recorded, and kept with each of its bodies, so that whoever sends one reads one row.
 */
export interface EventContext {
  readonly type: string;
  readonly objectId: number;
  readonly accountId: number;
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  readonly sequence: number;
  /** `developer:21`, or `system`. */
  readonly actor: string;
  readonly channel: string;
}

export const contextOf = (event: {
  readonly type: string;
  readonly objectId: number;
  readonly accountId: number;
  readonly occurredAt: Date;
  readonly sequence: number;
  readonly actorKind: string;
  readonly actorUserId: number | null;
  readonly channel: string;
}): EventContext => ({
  type: event.type,
  objectId: event.objectId,
  accountId: event.accountId,
  time: isoTime(event.occurredAt.getTime()),
  sequence: event.sequence,
  actor: event.actorUserId === null ? event.actorKind : `${event.actorKind}:${event.actorUserId}`,
  channel: event.channel,
});
