/**
 * How the bytes of a delivery are made. An endpoint's `format` names the family; whether credentials are in it makes two
 * bodies of one family, so that they are stored once each however many endpoints want them.
 */
export type BodyFormat = "3scale" | "json" | "json+credentials";

/** 3scale's documents always carry the credentials: its receivers read them there. */
export function bodyFormatOf(endpoint: {
  readonly format: "3scale" | "json";
  readonly includeCredentials: boolean;
}): BodyFormat {
  if (endpoint.format === "3scale") return "3scale";
  return endpoint.includeCredentials ? "json+credentials" : "json";
}

export const contentTypeOf = (format: BodyFormat): string =>
  format === "3scale" ? "application/xml" : "application/json";
