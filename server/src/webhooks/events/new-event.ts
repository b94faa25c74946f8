import type { Actor, Channel } from "#access/index.ts";
import type { Node } from "#platform/document/document.ts";
import type { EventType } from "#webhooks/endpoints/index.ts";

/** A key that came, changed or went: what it is stored as, and since when it is one. */
export interface EventKey {
  readonly value: string;
  /** As documents write times. */
  readonly createdAt: string;
}

/** What a use case tells of a change that it makes in the same transaction. */
export interface NewEvent {
  readonly type: EventType;
  /** Id of the account, user or application that changed. */
  readonly objectId: number;
  /** The developer account that it concerns: its own id, or that of the user's or application's account. */
  readonly accountId: number;
  readonly accountName: string;
  /** Its number in its account, without gaps: taken under a lock that is held until the transaction ends. */
  readonly sequence: number;
  /** The object as it is at the end of the transaction, `record("account", …)` and so on. */
  readonly document: Node;
  /** Of what happened to a key. 3scale's XML does not tell it. */
  readonly key?: EventKey;
  /** For updates: each changed field with the value it had. */
  readonly previous?: Readonly<Record<string, unknown>>;
}

/** Who made the change, through which door, and when; and what the provider was set up like. */
export interface Cause {
  readonly providerId: number;
  readonly actor: Actor;
  readonly channel: Channel;
  readonly now: Date;
  /** `providers.configuration_version`, if this transaction has read it: that saves a round trip. */
  readonly configurationVersion?: string;
}

/** What is known of an event once it has an id, a number in its account and verdicts. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: EventType;
  readonly sequence: number;
  /** Of its document and of the bodies of its deliveries. */
  readonly bytes: number;
  /** The endpoints that have a delivery of it. */
  readonly endpointIds: readonly number[];
}
