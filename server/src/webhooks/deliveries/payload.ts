import type { TraceContext } from "#platform/telemetry/tracing.ts";
import { isoTime } from "#platform/times.ts";

/** Bodies for receivers: the document of an event. */
export const documentFamilies = ["3scale", "json", "cloudevents", "cloudevents-binary"] as const;

/** Messages for the incoming webhooks of chat programs, whose URL is a secret as a whole. */
export const chatFamilies = ["chat", "chat-discord", "chat-teams"] as const;

/** The families of bodies: the `format` that an endpoint can have. */
export const bodyFamilies = [...documentFamilies, ...chatFamilies] as const;
export type BodyFamily = (typeof bodyFamilies)[number];
export type ChatFamily = (typeof chatFamilies)[number];

export const isChatFormat = (format: BodyFormat): format is ChatFamily =>
  chatFamilies.some((family) => family === format);

/**
 * The format of stored bytes. Credentials make two bodies of one family, each stored once however many endpoints need
 * it.
 */
export type BodyFormat = BodyFamily | `${Exclude<BodyFamily, "3scale" | ChatFamily>}+credentials`;

/** 3scale's documents always contain the credentials, as its receivers expect. Messages in a chat never do. */
export function bodyFormatOf({
  format,
  includeCredentials,
}: {
  readonly format: BodyFamily;
  readonly includeCredentials: boolean;
}): BodyFormat {
  return format === "3scale" || isChatFormat(format) || !includeCredentials ? format : `${format}+credentials`;
}

export function contentTypeOf(format: BodyFormat): string {
  switch (format) {
    case "3scale":
      return "application/xml";
    case "json":
    case "json+credentials":
    case "cloudevents-binary":
    case "cloudevents-binary+credentials":
    case "chat":
    case "chat-discord":
    case "chat-teams":
      return "application/json";
    case "cloudevents":
    case "cloudevents+credentials":
      return "application/cloudevents+json";
  }
}

/** Returns whether the event's attributes are headers and the body is its data alone. */
export const isBinaryCloudEvent = (format: BodyFormat): boolean => format.startsWith("cloudevents-binary");

/**
 * The facts about an event that are sent as headers: CloudEvents' context attributes (§3.1). Fixed when the event is
 * recorded and stored with each body, so that sending reads one row.
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
  /** The trace of the change, if it was made while traces were on. */
  readonly trace?: TraceContext;
}

/** The body of an event in one format, as it is stored. */
export interface RecordedPayload {
  readonly eventId: string;
  readonly format: BodyFormat;
  readonly body: Buffer;
  readonly context: EventContext;
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
  readonly trace?: TraceContext | undefined;
}): EventContext => ({
  type: event.type,
  objectId: event.objectId,
  accountId: event.accountId,
  time: isoTime(event.occurredAt.getTime()),
  sequence: event.sequence,
  actor: event.actorUserId === null ? event.actorKind : `${event.actorKind}:${event.actorUserId}`,
  channel: event.channel,
  ...(event.trace ? { trace: event.trace } : {}),
});
