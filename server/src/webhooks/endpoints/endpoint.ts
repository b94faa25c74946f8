/** How a body is written. */
export type BodyFamily = "3scale" | "json" | "cloudevents" | "cloudevents-binary";

export type SuccessRule = "200" | "200-207" | "2xx";
export type Ordering = "none" | "object" | "account";
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
