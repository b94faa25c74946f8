import type { Permission, Scope } from "./access-tokens.ts";
import type { Actor, Channel, ProductScope } from "./actor.ts";
import type { Role } from "./provider-users.ts";

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
  readonly reach: ProductScope;
}

/** Why somebody may not. The first that holds, in this order. */
export type Denial = "scope" | "read-only" | "reach" | "role" | "capability";

interface ActionRule {
  readonly writes: boolean;
  /** A member needs one of these. `admins` only: members may not, whatever their sections. */
  readonly members: readonly string[] | "admins" | "all";
  /** A token needs one of these, and its owner the section that goes with it. */
  readonly scopes?: readonly Scope[];
  /** Not for a member who is narrowed to some of the products. */
  readonly needsAllProducts?: true;
  /** Only while the provider's `web_hooks` capability is not denied. */
  readonly needsWebHooks?: true;
  /** The provider key is not asked for the capability: as it always was with the failure list. */
  readonly keyIsExempt?: true;
}

const actions = {
  "read-portal": { writes: false, members: ["partners"] },
  "change-portal": { writes: true, members: ["partners"] },
  /** Approve, reject and delete accounts, create users. */
  "administer-portal": { writes: true, members: "admins" },
  "change-credit-card": { writes: true, members: ["finance", "partners"], scopes: ["finance", "account_management"] },
  "read-account-plans": { writes: false, members: ["plans"] },
  /** Products and the plans of their applications: also for those who look after developers. */
  "read-products": { writes: false, members: ["partners", "plans"] },
  "change-plans": { writes: true, members: ["plans"] },
  "change-products": { writes: true, members: ["partners", "plans"] },
  /** A new product would be out of reach for whoever is narrowed to others. */
  "create-products": { writes: true, members: "admins", needsAllProducts: true },
  "delete-products": { writes: true, members: "admins" },
  "read-settings": { writes: false, members: ["settings"] },
  /** Which fields accounts, users and applications have: also for those who fill them in. */
  "read-fields": { writes: false, members: ["partners", "settings"] },
  "change-settings": { writes: true, members: ["settings"] },
  "read-provider": { writes: false, members: "all" },
  /** The provider's own users, and what it says of itself. */
  "administer-provider": { writes: true, members: "admins" },
  "list-provider-users": { writes: false, members: "admins" },
  /** Who did what on the provider's side. */
  "read-audit": { writes: false, members: "admins" },
  /** Oneself among the provider's users, and tokens of one's own. */
  "read-own": { writes: false, members: "all" },
  "change-own": { writes: true, members: "all" },
  "read-webhooks": { writes: false, members: "admins", needsWebHooks: true },
  "change-webhooks": { writes: true, members: "admins", needsWebHooks: true },
  "read-failures": { writes: false, members: "admins", needsWebHooks: true, keyIsExempt: true },
  "change-failures": { writes: true, members: "admins", needsWebHooks: true, keyIsExempt: true },
} as const satisfies Record<string, ActionRule>;

export type Action = keyof typeof actions;

const allActions = Object.keys(actions).filter((name): name is Action => name in actions);

/** All that `caller` may do. */
export const allowedActions = (caller: AdminCaller, provider: Parameters<typeof denialReason>[2]): readonly Action[] =>
  allActions.filter((deed) => denialReason(caller, deed, provider) === undefined);

const accountManagement: readonly Scope[] = ["account_management"];

/** The section that a member needs for a token of his to have this scope. */
const sectionOfScope = {
  account_management: "partners",
  cms: "portal",
  finance: "finance",
  policy_registry: "policy_registry",
  stats: "monitoring",
} as const satisfies Record<Scope, string>;

/** What keeps `caller` from the deed, or undefined. Pure, so that every row of the table is a test. */
export function denialReason(
  caller: AdminCaller,
  deed: Action,
  provider: { readonly webHooks: "denied" | "hidden" | "visible" },
): Denial | undefined {
  const terms: ActionRule = actions[deed];
  const isKey = caller.role === "key";
  if (caller.actor.kind === "token" && !hasScope(caller, terms.scopes ?? accountManagement)) return "scope";
  if (terms.writes && caller.permission === "ro") return "read-only";
  if (terms.needsAllProducts && caller.reach !== null) return "reach";
  if (caller.role === "member" && !isOpenToMember(caller, terms.members)) return "role";
  if (terms.needsWebHooks && provider.webHooks === "denied" && !(isKey && terms.keyIsExempt)) return "capability";
  return undefined;
}

/** A token is worth no more than what its owner may do. */
const hasScope = ({ scopes, role, sections }: AdminCaller, wanted: readonly Scope[]): boolean =>
  wanted.some((scope) => scopes.includes(scope) && (role !== "member" || sections.includes(sectionOfScope[scope])));

const isOpenToMember = ({ sections }: AdminCaller, members: ActionRule["members"]): boolean =>
  members === "all" || (members !== "admins" && members.some((section) => sections.includes(section)));
