import type { Database } from "#platform/database/database.ts";
import { listProviderUsers } from "./change-provider-user-row.ts";

/** Where to write to the provider's admins: those who can sign in and have an address. */
export async function listAdminAddresses(db: Database, providerId: number): Promise<readonly string[]> {
  const admins = await listProviderUsers(db, providerId, { state: "active", role: "admin" });
  return admins.flatMap(({ email }) => (email === null ? [] : [email]));
}
