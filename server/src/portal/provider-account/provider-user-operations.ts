import type { ProviderUser, Reach } from "#access/index.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { cannot } from "#portal/fields/index.ts";
import { readProducts } from "#portal/products/index.ts";

import { changeProviderUser, type ProviderUserChange, type ProviderUserOutcome } from "./change-provider-user.ts";

type Outcome = Promise<ProviderUserOutcome | undefined>;

export const changeProviderUserRole = (
  pool: Pool,
  { role, ...change }: ProviderUserChange & { readonly role: ProviderUser["role"] },
): Outcome => changeProviderUser(pool, { ...change, decide: (user) => ({ user: { ...user, role } }) });

export const activateProviderUser = (pool: Pool, change: ProviderUserChange): Outcome =>
  changeProviderUser(pool, {
    ...change,
    decide: (user) => (user.state === "pending" ? { user: { ...user, state: "active" } } : cannot("activate")),
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

export interface Permissions {
  /** What is left out stays. Names that are no sections are dropped. */
  readonly sections?: readonly string[] | undefined;
  /** Null: all products. Ids that are no products of the provider are dropped. */
  readonly serviceIds?: Reach | undefined;
}

/** Changes what a member may do, and for which products. An admin may do all, whatever is stored here. */
export async function changeProviderUserPermissions(
  pool: Pool,
  { permissions, ...change }: ProviderUserChange & { readonly permissions: Permissions },
): Promise<Awaited<Outcome>> {
  const known = await knownPermissions(pool, change.provider.id, permissions);
  return changeProviderUser(pool, { ...change, decide: (user) => ({ user: { ...user, ...known } }) });
}

/** The permissions that are left after the unknown ones are dropped, as 3scale drops them, in their stored form. */
export async function knownPermissions(
  db: Database,
  providerId: number,
  { sections, serviceIds }: Permissions,
): Promise<Partial<Pick<ProviderUser, "sections" | "serviceIds">>> {
  return {
    ...(sections && { sections: memberSections.filter((section) => sections.includes(section)) }),
    ...(serviceIds !== undefined && { serviceIds: serviceIds && (await knownProducts(db, providerId, serviceIds)) }),
  };
}

// A product that is deleted between this and the change stays in the list, where it opens nothing.
async function knownProducts(db: Database, providerId: number, ids: readonly number[]): Promise<readonly number[]> {
  const products = await readProducts(db, providerId, ids);
  return products.map(({ id }) => id).toSorted((a, b) => a - b);
}
