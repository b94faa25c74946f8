import type { Database } from "#platform/database/database.ts";
import { readAccount, type Account } from "#portal/accounts/index.ts";
import { Problem } from "#http/shared/problem.ts";

/** The account, if it is there and the provider's own: anybody else's is not there either. */
export async function readAccountOrRefuse(db: Database, providerId: number, id: number): Promise<Account> {
  const account = await readAccount(db, providerId, id);
  if (!account) throw new Problem("not-found");
  return account;
}
