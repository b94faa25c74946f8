import type { Scope } from "./access-tokens-table.ts";
import type { AdminCaller } from "./admin-caller.ts";

/** Why somebody may not. The first that holds, in this order. */
export type Denial = "scope" | "read-only" | "role" | "capability";

interface Terms {
  readonly writes: boolean;
  /** Members may not, whatever their sections. */
  readonly adminsOnly?: true;
  /** Only while the provider's `web_hooks` capability is not denied. */
  readonly needsWebHooks?: true;
  /** The provider key is not asked for the capability: as it always was with the failure list. */
  readonly keyIsExempt?: true;
}

const deeds = {
  "read-portal": { writes: false },
  "change-portal": { writes: true },
  /** Approve, reject and delete accounts, create users. */
  "administer-portal": { writes: true, adminsOnly: true },
  "read-webhooks": { writes: false, adminsOnly: true, needsWebHooks: true },
  "change-webhooks": { writes: true, adminsOnly: true, needsWebHooks: true },
  "read-failures": { writes: false, adminsOnly: true, needsWebHooks: true, keyIsExempt: true },
  "change-failures": { writes: true, adminsOnly: true, needsWebHooks: true, keyIsExempt: true },
} as const satisfies Record<string, Terms>;

export type Deed = keyof typeof deeds;

/** All of these deeds are account management; a member needs this section for them. */
const scopeNeeded: Scope = "account_management";
const sectionNeeded = "partners";

/** What keeps `caller` from the deed, or undefined. Pure, so that every row of the table is a test. */
export function denialOf(
  caller: AdminCaller,
  deed: Deed,
  provider: { readonly webHooks: "denied" | "hidden" | "visible" },
): Denial | undefined {
  const terms: Terms = deeds[deed];
  const isKey = caller.role === "key";
  if (caller.actor.kind === "token" && !caller.scopes.includes(scopeNeeded)) return "scope";
  if (terms.writes && caller.permission === "ro") return "read-only";
  if (caller.role === "member" && (terms.adminsOnly || !caller.sections.includes(sectionNeeded))) return "role";
  if (terms.needsWebHooks && provider.webHooks === "denied" && !(isKey && terms.keyIsExempt)) return "capability";
  return undefined;
}
