import type { EndpointInput, EndpointSettings } from "./endpoint.ts";

/** 5 s to a day, about three days in all: an endpoint that is down for a weekend gets everything. */
const threeDays = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

const everyFormat = {
  description: null,
  active: true,
  eventTypes: [],
  providerActions: false,
  allActors: false,
  headers: {},
  maxInFlight: null,
  maxPerSecond: null,
  includeCredentials: false,
  state: "enabled",
} as const;

/** A new endpoint's settings: those that are given, and for the others what fits the format. */
export function withDefaults(input: EndpointInput, retryWaitsSeconds: readonly number[]): EndpointSettings {
  const { name = "", url = "", format = "3scale" } = input;
  const base = { ...everyFormat, name, url };
  return format === "3scale"
    ? withGiven({ ...base, format, retryWaitsSeconds, success: "200", timeoutSeconds: 60, ordering: "none" }, input)
    : withGiven(
        { ...base, format, retryWaitsSeconds: threeDays, success: "2xx", timeoutSeconds: 15, ordering: "account" },
        input,
      );
}

/** The settings with what is given in place of what was. Null is given, undefined is not. */
export function withGiven(settings: EndpointSettings, input: EndpointInput): EndpointSettings {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  return { ...settings, ...given };
}
