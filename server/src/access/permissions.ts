import type { Transaction } from "#platform/database/database.ts";
import type { Permission, Role, Scope } from "./provider-users.ts";

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
  /** The base URL of the Admin Portal, to which mails about the change lead. Omitted outside of the interfaces. */
  readonly adminPortalUrl?: string;
  /** The same of the Developer Portal, for mails to developers about decisions of the provider. */
  readonly developerPortalUrl?: string;
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

/** Hint channel for changes of a provider, its users, their access tokens, and what its Developer Portal offers to everybody. */
export const callersChannel = "callers";

/**
 * Invalidates cached callers, and what is remembered with their providers, after a write that may change them. Inserts need no
 * invalidation, as missing callers are not cached, nor do passwords.
 */
export const notifyCallersChanged = (tx: Transaction, providerId: number): void =>
  tx.hintAfterCommit(callersChannel, String(providerId));

/** A caller of the admin side: a signed-in user, a program with a user's token, or one with the provider key. */
export interface AdminCaller {
  readonly actor: Actor;
  readonly channel: Channel;
  /** `key`: acts for the provider, without a user. */
  readonly role: Role | "key";
  readonly permission: Permission;
  /** Scopes of a token. Sessions and the provider key need none. */
  readonly scopes: readonly Scope[];
  /** Expiry of a token. */
  readonly expiresAt?: Date;
  readonly sections: readonly string[];
  readonly productScope: ProductScope;
}

/** Reasons for a denial. The first one that applies counts. */
export type Denial = "scope" | "read-only" | "product-scope" | "role" | "capability";

interface ActionRule {
  readonly writes: boolean;
  /** Sections of which a member needs one. `admins`: no member, regardless of sections. */
  readonly members: readonly string[] | "admins" | "all";
  /** Scopes of which a token needs one. Its owner needs the scope's section. */
  readonly scopes?: readonly Scope[];
  /** Denied to members with a product scope. */
  readonly needsAllProducts?: true;
  /** Denied while the provider's `web_hooks` capability is denied. */
  readonly needsWebHooks?: true;
  /** The capability does not apply to the provider key: 3scale's failure list behaves so. */
  readonly keyIsExempt?: true;
}

const actions = {
  "read-portal": { writes: false, members: ["partners"] },
  "change-portal": { writes: true, members: ["partners"] },
  /** Approve, reject and delete accounts, create users. */
  "administer-portal": { writes: true, members: "admins" },
  "change-credit-card": { writes: true, members: ["finance", "partners"], scopes: ["finance", "account_management"] },
  "read-account-plans": { writes: false, members: ["plans"] },
  /** Also needed, beside the rights to accounts, to see their subscriptions. */
  "read-service-plans": { writes: false, members: ["plans"] },
  /** Products and application plans. Members who manage developers may read them. */
  "read-products": { writes: false, members: ["partners", "plans"] },
  "change-plans": { writes: true, members: ["plans"] },
  /** Features of accounts, products and application plans. As in 3scale, no section is needed beyond the access to the API. */
  "read-features": { writes: false, members: ["partners", "plans"] },
  "change-features": { writes: true, members: ["partners", "plans"] },
  /** API specifications. Members see those of their products and of none. */
  "read-specifications": { writes: false, members: ["plans"] },
  "change-specifications": { writes: true, members: ["plans"] },
  "change-products": { writes: true, members: ["partners", "plans"] },
  /** Members with a product scope could not access a new product. */
  "create-products": { writes: true, members: "admins", needsAllProducts: true },
  "delete-products": { writes: true, members: "admins" },
  "read-settings": { writes: false, members: ["settings"] },
  /** Fields of accounts, users and applications. Members who fill them in may read them. */
  "read-fields": { writes: false, members: ["partners", "settings"] },
  "change-settings": { writes: true, members: ["settings"] },
  /** They contain the secrets of clients. */
  "read-authentication-providers": { writes: false, members: "admins" },
  "read-provider": { writes: false, members: "all" },
  /** The provider's own users and settings. */
  "administer-provider": { writes: true, members: "admins" },
  "list-provider-users": { writes: false, members: "admins" },
  /** Read whether a deleted object is gone. */
  "read-deletions": { writes: false, members: "admins" },
  /** Audit records. */
  "read-audit": { writes: false, members: "admins" },
  /** The caller's own user and access tokens. */
  "read-own": { writes: false, members: "all" },
  "change-own": { writes: true, members: "all" },
  "read-webhooks": { writes: false, members: "admins", needsWebHooks: true },
  "change-webhooks": { writes: true, members: "admins", needsWebHooks: true },
  "read-failures": { writes: false, members: "admins", needsWebHooks: true, keyIsExempt: true },
  "change-failures": { writes: true, members: "admins", needsWebHooks: true, keyIsExempt: true },
} as const satisfies Record<string, ActionRule>;

export type Action = keyof typeof actions;

const allActions = Object.keys(actions).filter((name): name is Action => name in actions);

/** Returns all actions that `caller` may take. */
export const allowedActions = (caller: AdminCaller, provider: Parameters<typeof denialReason>[2]): readonly Action[] =>
  allActions.filter((action) => denialReason(caller, action, provider) === undefined);

const accountManagement: readonly Scope[] = ["account_management"];

/** The section that the owner of a token needs for a scope. */
const sectionOfScope = {
  account_management: "partners",
  cms: "portal",
  finance: "finance",
  policy_registry: "policy_registry",
  stats: "monitoring",
} as const satisfies Record<Scope, string>;

const allScopes = Object.keys(sectionOfScope).filter((name): name is Scope => name in sectionOfScope);

/** Returns the scopes that a user's tokens may use. A token with others can be created, but is refused. */
export const usableScopes = ({ role, sections }: Pick<AdminCaller, "role" | "sections">): readonly Scope[] =>
  allScopes.filter((scope) => role !== "member" || sections.includes(sectionOfScope[scope]));

/** Returns the reason that denies `caller` the action, or undefined. */
export function denialReason(
  caller: AdminCaller,
  action: Action,
  provider: { readonly webHooks: "denied" | "hidden" | "visible" },
): Denial | undefined {
  const terms: ActionRule = actions[action];
  const isKey = caller.role === "key";
  if (caller.actor.kind === "token" && !hasScope(caller, terms.scopes ?? accountManagement)) return "scope";
  if (terms.writes && caller.permission === "ro") return "read-only";
  if (terms.needsAllProducts && caller.productScope !== null) return "product-scope";
  if (caller.role === "member" && !isOpenToMember(caller, terms.members)) return "role";
  if (terms.needsWebHooks && provider.webHooks === "denied" && !(isKey && terms.keyIsExempt)) return "capability";
  return undefined;
}

/** A token has no more permissions than its owner. */
const hasScope = (caller: AdminCaller, accepted: readonly Scope[]): boolean =>
  usableScopes(caller).some((scope) => accepted.includes(scope) && caller.scopes.includes(scope));

const isOpenToMember = ({ sections }: AdminCaller, members: ActionRule["members"]): boolean =>
  members === "all" || (members !== "admins" && members.some((section) => sections.includes(section)));
