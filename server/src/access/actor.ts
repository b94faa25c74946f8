import type { Reach } from "./reach.ts";

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
export interface By {
  readonly actor: Actor;
  readonly channel: Channel;
  readonly now: Date;
  /** Applications of other products are not there for them. Left out where nobody is narrowed. */
  readonly reach?: Reach;
}
