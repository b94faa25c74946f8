import type { ProviderUser, Reach } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { cannot, isFine, type FieldErrors } from "#portal/fields/index.ts";
import { readProducts } from "#portal/products/index.ts";

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

/** What a member may do, and for which products; null stands for all. What is left out stays. An admin may do all. */
export async function changeProviderUserPermissions(pool: Pool, change: PermissionsChange): Promise<Awaited<Outcome>> {
  const { sections, serviceIds } = change;
  const refused = { ...judgeSections(sections ?? []), ...(await judgeServices(pool, change)) };
  if (!isFine(refused)) return { refused };
  const decide = (user: ProviderUser) => ({
    user: {
      ...user,
      ...(sections && { sections: memberSections.filter((section) => sections.includes(section)) }),
      ...(serviceIds !== undefined && { serviceIds: serviceIds && [...new Set(serviceIds)].toSorted((a, b) => a - b) }),
    },
  });
  return changeProviderUser(pool, { ...change, decide });
}

interface PermissionsChange extends ProviderUserChange {
  readonly sections?: readonly string[];
  readonly serviceIds?: Reach;
}

const judgeSections = (sections: readonly string[]): FieldErrors =>
  sections.every(isSection) ? {} : { allowed_sections: [`must be of ${memberSections.join(", ")}`] };

// A product that is deleted between this and the change stays in the list, where it opens nothing.
async function judgeServices(pool: Pool, { provider, serviceIds }: PermissionsChange): Promise<FieldErrors> {
  if (!serviceIds || serviceIds.length === 0) return {};
  const known = new Set((await readProducts(pool, provider.id, serviceIds)).map(({ id }) => id));
  return serviceIds.every((id) => known.has(id)) ? {} : { allowed_service_ids: ["must be services that are there"] };
}
