import type { Transaction } from "#platform/database/database.ts";

/**
 * Who makes a change. `key` is a program with the provider key and `system` is Bellwire itself: neither has a user.
 *
 * - developer: a user of one of the provider's accounts, in the Developer Portal
 * - admin: a user of the provider, in the Admin Portal
 * - token: a program with an access token, which acts as the token's user
 */
export type Actor =
  | { readonly kind: "developer" | "admin" | "token"; readonly userId: number }
  | { readonly kind: "key" | "system" };

/** The door through which a change came. */
export type Channel = "developer_portal" | "admin_portal" | "api" | "system";

/** Who makes a change, through which door, and when. */
export interface ChangeContext {
  readonly actor: Actor;
  readonly channel: Channel;
  readonly now: Date;
  /** Applications of other products are not there for them. Left out where nobody is narrowed. */
  readonly reach?: ProductScope;
}

/** Which products somebody may see and change: these alone, or, with null, all of them. Left out: nobody is narrowed. */
export type ProductScope = readonly number[] | null;

export const isInProductScope = (reach: ProductScope | undefined, productId: number | null): boolean =>
  reach === null || reach === undefined || (productId !== null && reach.includes(productId));

/** An admin is never narrowed, whatever was said when he was a member. */
export const productScopeOf = ({
  role,
  serviceIds,
}: {
  readonly role: string;
  readonly serviceIds: ProductScope;
}): ProductScope => (role === "member" ? serviceIds : null);

/** Where it is told that something of the callers of a provider has changed: itself, its users, their access tokens. */
export const callersChannel = "callers";

/**
 * For every write that could change what was read of a caller, so that nobody goes on by what they remember. What is only
 * added was never read, and a password is not remembered.
 */
export const notifyCallersChanged = (tx: Transaction, providerId: number): void =>
  tx.hintAfterCommit(callersChannel, String(providerId));
