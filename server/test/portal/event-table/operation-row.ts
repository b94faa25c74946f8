import type { ChangeContext } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import type { SignedUp } from "#portal/accounts/index.ts";
import type { NewProvider } from "#portal/provider-account/index.ts";

/** The interface and actor: a developer, an admin in the Admin Portal, or a program with a token or the provider key. */
export type Via = "developer" | "admin" | "token" | "key";

/** A provider with one account that signed up by the form: a user who is its admin, and an application. */
export interface Scene extends Pick<NewProvider, "provider" | "product">, Pick<SignedUp, "user" | "applications"> {
  readonly pool: Pool;
  readonly accountId: number;
  readonly by: ChangeContext;
  /** The actor of `prepare`, whose events do not count. */
  readonly before: ChangeContext;
}

/** An operation, with the events that it records through every interface that offers it. */
export interface OperationRow {
  /** Its number in the catalogue of operations: A accounts, U users, P applications and keys. */
  readonly row: string;
  readonly operation: string;
  readonly via: readonly Via[];
  /** Prerequisites. Their events do not count. */
  readonly prepare?: (scene: Scene) => Promise<unknown>;
  readonly act: (scene: Scene) => Promise<unknown>;
  /** Types of events, in their order. */
  readonly events: readonly string[];
  /** The operation happens without a signed-in user. */
  readonly actor?: "system";
}

export interface OutOfScope {
  readonly row: string;
  readonly operation: string;
  readonly outOfScope: string;
}
