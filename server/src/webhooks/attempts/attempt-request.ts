import type { EventContext } from "#webhooks/deliveries/index.ts";

/** All there is to one try: where to, what, and how long it may take. */
export interface AttemptRequest {
  readonly url: string;
  /** The endpoint's own. Those that are reserved are left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Newest first, as `whsec_` and base64. Each of them signs. */
  readonly secrets: readonly string[];
  /** For the whole exchange: looking up, connecting, sending and reading the answer. */
  readonly timeoutSeconds: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** The same for every attempt of one event to one endpoint. */
  readonly id: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** How many times it was sent again after it had been settled; 0 for the first sending. */
  readonly replay: number;
  readonly event: Omit<EventContext, "accountId">;
  /** Set for a CloudEvent in binary mode, whose attributes are headers: how the outside reaches the provider. */
  readonly cloudEventSource?: string;
  /** Marks a sample that somebody asked for, which is no event. */
  readonly test?: boolean;
  readonly sentAt: Date;
  /** Asked when a connection is there, before the first byte leaves. A no ends the attempt. */
  readonly mayStart?: () => boolean;
}
