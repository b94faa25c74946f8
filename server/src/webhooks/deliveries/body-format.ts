import type { BodyFamily } from "#webhooks/endpoints/index.ts";

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
