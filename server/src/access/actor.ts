import type { Transaction } from "#platform/database/database.ts";

/**
 * The identity that makes a change. `key` is a program with the provider key, `system` is Bellwire itself: neither has a user.
 *
 * - developer: a user of one of the provider's accounts, in the Developer Portal
 * - admin: a user of the provider, in the Admin Portal
 * - token: a program with an access token, which acts as the token's user
 */
export type Actor =
  | { readonly kind: "developer" | "admin" | "token"; readonly userId: number }
  | { readonly kind: "key" | "system" };

/** The interface through which a change came. */
export type Channel = "developer_portal" | "admin_portal" | "api" | "system";

/** The actor, interface and time of a change. */
export interface ChangeContext {
  readonly actor: Actor;
  readonly channel: Channel;
  readonly now: Date;
  /** Hides applications of other products. Omitted for callers without a product scope. */
  readonly productScope?: ProductScope;
}

/** Products that a caller may see and change. Null means all of them. */
export type ProductScope = readonly number[] | null;

export const isInProductScope = (productScope: ProductScope | undefined, productId: number | null): boolean =>
  productScope === null || productScope === undefined || (productId !== null && productScope.includes(productId));

/** Admins have no product scope, even if one is stored from their time as a member. */
export const productScopeOf = ({
  role,
  serviceIds,
}: {
  readonly role: string;
  readonly serviceIds: ProductScope;
}): ProductScope => (role === "member" ? serviceIds : null);

/** Hint channel for changes of a provider, its users or their access tokens. */
export const callersChannel = "callers";

/**
 * Invalidates cached callers after a write that may change them. Inserts need no invalidation, as missing callers are not cached, nor do
 * passwords.
 */
export const notifyCallersChanged = (tx: Transaction, providerId: number): void =>
  tx.hintAfterCommit(callersChannel, String(providerId));
