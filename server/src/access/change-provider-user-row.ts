import type { Database, Transaction } from "#platform/database/database.ts";
import { callersChanged } from "./callers-changed.ts";
import { providerUserColumns, type ProviderUser } from "./provider-users-table.ts";

const listStatement = `
  select ${providerUserColumns}
  from provider_users
  where provider_id = $1 and ($2::text is null or state = $2) and ($3::text is null or role = $3)
  order by id`;

/** Everybody who works for the provider, or those in a state or of a role; of one that does not exist, nobody. */
export const listProviderUsers = (
  db: Database,
  providerId: number,
  { state, role }: { state?: string | undefined; role?: string | undefined } = {},
): Promise<ProviderUser[]> => db.query<ProviderUser>(listStatement, [providerId, state ?? null, role ?? null]);

// All rows of the provider, in one order: of two admins who remove each other at once, one is first.
const lockStatement = `
  select ${providerUserColumns}
  from provider_users
  where provider_id = $1
  order by id
  for no key update`;

/** Everybody as they are, and as they stay until this transaction changes them or ends. */
export const lockProviderUsers = (tx: Transaction, providerId: number): Promise<ProviderUser[]> =>
  tx.query<ProviderUser>(lockStatement, [providerId]);

const holdStatement = `select from provider_users where provider_id = $1 and id = $2 for key share`;

/** Whether the user is there, as it then is until this transaction ends. */
export const holdProviderUser = async (tx: Transaction, providerId: number, id: number): Promise<boolean> =>
  (await tx.query(holdStatement, [providerId, id])).length > 0;

/** Whether somebody who can sign in is an admin besides this one. */
export const hasOtherAdmin = (users: readonly ProviderUser[], id: number): boolean =>
  users.some((user) => user.id !== id && user.role === "admin" && user.state === "active");

const updateStatement = `
  update provider_users
  set username = $3, email = $4, role = $5, sections = $6, state = $7, updated_at = $8,
    password_hash = coalesce($9, password_hash), service_ids = $10
  where provider_id = $1 and id = $2
  returning ${providerUserColumns}`;

/** Writes what can be changed of a locked user. Without a hash, the password stays. */
export async function updateProviderUserRow(
  tx: Transaction,
  providerId: number,
  { user, passwordHash }: { user: ProviderUser; passwordHash?: string | undefined },
  now: Date,
): Promise<ProviderUser> {
  const { id, username, email, role, sections, state, serviceIds } = user;
  const values = [providerId, id, username, email, role, sections, state, now, passwordHash ?? null, serviceIds];
  const [updated] = await tx.query<ProviderUser>(updateStatement, values);
  if (!updated) throw new Error(`User ${id} was gone although it was locked.`);
  callersChanged(tx, providerId);
  return updated;
}

const forgetProductStatement = `
  update provider_users
  set service_ids = array_remove(service_ids, $2)
  where provider_id = $1 and $2 = any(service_ids)`;

/** Nobody is narrowed to a product that is gone: who was to no other has nothing left. */
export async function forgetProduct(tx: Transaction, providerId: number, productId: number): Promise<void> {
  await tx.query(forgetProductStatement, [providerId, productId]);
  callersChanged(tx, providerId);
}

/** Its access tokens go with it. */
export async function deleteProviderUserRow(tx: Transaction, providerId: number, id: number): Promise<void> {
  await tx.query(`delete from provider_users where provider_id = $1 and id = $2`, [providerId, id]);
  callersChanged(tx, providerId);
}
