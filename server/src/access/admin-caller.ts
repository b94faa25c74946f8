import type { Permission, Scope } from "./access-tokens-table.ts";
import type { Actor, Channel } from "./actor.ts";
import type { Role } from "./provider-users-table.ts";
import type { Reach } from "./reach.ts";

/** Who calls on the admin side: a signed-in user, a program with a user's token, or one with the provider key. */
export interface AdminCaller {
  readonly actor: Actor;
  readonly channel: Channel;
  /** `key`: acts for the provider itself, without a user. */
  readonly role: Role | "key";
  readonly permission: Permission;
  /** Of a token. A session and the provider key have none and need none. */
  readonly scopes: readonly Scope[];
  /** When a token ends that does. */
  readonly expiresAt?: Date;
  readonly sections: readonly string[];
  readonly reach: Reach;
}
