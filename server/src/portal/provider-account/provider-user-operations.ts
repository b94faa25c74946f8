import type { ProviderUser } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { cannot } from "#portal/fields/index.ts";

import { changeProviderUser, type ProviderUserChange, type ProviderUserOutcome } from "./change-provider-user.ts";

type Outcome = Promise<ProviderUserOutcome | undefined>;

export const changeProviderUserRole = (
  pool: Pool,
  { role, ...change }: ProviderUserChange & { readonly role: ProviderUser["role"] },
): Outcome => changeProviderUser(pool, { ...change, decide: (user) => ({ user: { ...user, role } }) });

/** Who is active already stays so. */
export const activateProviderUser = (pool: Pool, change: ProviderUserChange): Outcome =>
  changeProviderUser(pool, {
    ...change,
    decide: (user) => (user.state === "suspended" ? cannot("activate") : { user: { ...user, state: "active" } }),
  });

/** Locks somebody out, at once. */
export const suspendProviderUser = (pool: Pool, change: ProviderUserChange): Outcome =>
  changeProviderUser(pool, {
    ...change,
    decide: (user) => (user.state === "pending" ? cannot("suspend") : { user: { ...user, state: "suspended" } }),
  });

export const unsuspendProviderUser = (pool: Pool, change: ProviderUserChange): Outcome =>
  changeProviderUser(pool, {
    ...change,
    decide: (user) => (user.state === "suspended" ? { user: { ...user, state: "active" } } : cannot("unsuspend")),
  });

/** What a member can be allowed, by the names that programs know. */
export const memberSections = [
  "portal",
  "finance",
  "partners",
  "monitoring",
  "settings",
  "plans",
  "policy_registry",
] as const;

const isSection = (name: string): boolean => memberSections.some((section) => section === name);

/** What a member may do. An admin may do all. */
export const changeProviderUserSections = (
  pool: Pool,
  { sections, ...change }: ProviderUserChange & { readonly sections: readonly string[] },
): Outcome =>
  changeProviderUser(pool, {
    ...change,
    decide: (user) =>
      sections.every(isSection)
        ? { user: { ...user, sections: memberSections.filter((section) => sections.includes(section)) } }
        : { refused: { allowed_sections: [`must be of ${memberSections.join(", ")}`] } },
  });
