import { isoTime } from "#platform/times.ts";

/** The family of a body: the endpoint's `format`. */
export type BodyFamily = "3scale" | "json" | "cloudevents" | "cloudevents-binary";

/**
 * How the bytes of a delivery are made. An endpoint's `format` names the family; whether credentials are in it makes two
 * bodies of one family, so that they are stored once each however many endpoints want them.
 */
export type BodyFormat = "3scale" | `${Exclude<BodyFamily, "3scale">}${"" | "+credentials"}`;

/** 3scale's documents always carry the credentials: its receivers read them there. */
export function bodyFormatOf({
  format,
  includeCredentials,
}: {
  readonly format: BodyFamily;
  readonly includeCredentials: boolean;
}): BodyFormat {
  return format === "3scale" || !includeCredentials ? format : `${format}+credentials`;
}

export function contentTypeOf(format: BodyFormat): string {
  switch (format) {
    case "3scale":
      return "application/xml";
    case "json":
    case "json+credentials":
    case "cloudevents-binary":
    case "cloudevents-binary+credentials":
      return "application/json";
    case "cloudevents":
    case "cloudevents+credentials":
      return "application/cloudevents+json";
  }
}

/** Whether the event's own attributes travel in the headers, and the body is its data alone. */
export const isBinaryCloudEvent = (format: BodyFormat): boolean => format.startsWith("cloudevents-binary");

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
