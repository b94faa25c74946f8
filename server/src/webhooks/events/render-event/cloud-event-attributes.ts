/** What is told of an event beside its data. */
export interface CloudEventFacts {
  readonly id: string;
  /** How the outside reaches the provider. */
  readonly source: string;
  /** `account.created` */
  readonly type: string;
  readonly objectId: number;
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  readonly sequence: number;
  /** `developer:21`, or `system`. */
  readonly actor: string;
  readonly channel: string;
}

/** The attributes of CloudEvents 1.0.2, and ours, whose names may hold nothing but small letters and digits. */
export const cloudEventAttributes = (event: CloudEventFacts) => ({
  specversion: "1.0",
  id: event.id,
  source: event.source,
  type: event.type,
  subject: `${event.type.split(".", 1)[0]}/${event.objectId}`,
  time: event.time,
  bellwiresequence: event.sequence,
  bellwireactor: event.actor,
  bellwirechannel: event.channel,
});
