import type { BodyFamily, Ordering, SuccessRule } from "#webhooks/deliveries/index.ts";

/** `paused` by an admin, `disabled` by us: events are recorded and held. */
export type EndpointState = "enabled" | "paused" | "disabled";

/** What an admin chooses of an endpoint. */
export interface EndpointSettings {
  readonly name: string;
  readonly url: string;
  readonly description: string | null;
  /** Off: new events make no delivery, and what is due is held. */
  readonly active: boolean;
  /** Types of events; `*` is all. */
  readonly eventTypes: readonly string[];
  readonly providerActions: boolean;
  readonly allActors: boolean;
  readonly format: BodyFamily;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryWaitsSeconds: readonly number[];
  readonly success: SuccessRule;
  readonly timeoutSeconds: number;
  readonly maxInFlight: number | null;
  readonly maxPerSecond: number | null;
  readonly ordering: Ordering;
  readonly includeCredentials: boolean;
  readonly state: EndpointState;
}

/** Where to send, which events, and how. */
export interface Endpoint extends EndpointSettings {
  readonly providerId: number;
  readonly id: number;
  /** For pages, logs and the stream. */
  readonly urlMasked: string;
  /** Those that sign now, newest first: two for a day after a rotation. */
  readonly secrets: readonly string[];
  readonly previousSecretUntil: Date | null;
  readonly disabledReason: string | null;
  /** Why its URL, headers or secrets cannot be decrypted; those are empty then, and its deliveries are held. */
  readonly undecryptable: string | null;
  /** The receiver asked to be left alone until then, or does not answer. */
  readonly heldUntil: Date | null;
  /** Counts changes. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The one that 3scale's page and API show as "the webhook". */
export const defaultEndpointName = "default";

/** What is given of an endpoint, when it is made or changed. What is left out stays, or gets its default. */
export type EndpointInput = {
  readonly [Field in keyof EndpointSettings]?: EndpointSettings[Field] | undefined;
};

/** By field, what is wrong with its value. */
export interface Refused {
  readonly refused: Readonly<Record<string, readonly string[]>>;
}

/** 5 s to a day, about three days in all: an endpoint that is down for a weekend gets everything. */
const threeDaysOfWaits = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

const defaultsOfAllFormats = {
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
  const base = { ...defaultsOfAllFormats, name, url };
  return format === "3scale"
    ? applyInput({ ...base, format, retryWaitsSeconds, success: "200", timeoutSeconds: 60, ordering: "none" }, input)
    : applyInput(
        {
          ...base,
          format,
          retryWaitsSeconds: threeDaysOfWaits,
          success: "2xx",
          timeoutSeconds: 15,
          ordering: "account",
        },
        input,
      );
}

/** The settings with what is given in place of what was. Null is given, undefined is not. */
export function applyInput(settings: EndpointSettings, input: EndpointInput): EndpointSettings {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  return { ...settings, ...given };
}
