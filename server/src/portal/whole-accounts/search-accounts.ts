import type { Database } from "#platform/database/database.ts";
import { readAccounts } from "#portal/accounts/accounts-table.ts";
import { type Account } from "#portal/accounts/account.ts";

/** Which accounts of a provider; what is not named does not matter. */
export interface AccountFilter {
  readonly state?: string | undefined;
  /** A part of the organization's name, or of a user's name or e-mail address, in any case. */
  readonly query?: string | undefined;
}

// Within the provider's own rows, in the order of the primary key. The users are read once, not once for each account.
const matching = `
  from accounts
  where provider_id = $1
    and ($2::text is null or state = $2)
    and ($3::text is null or strpos(lower(org_name), lower($3)) > 0 or id in (
      select account_id
      from users
      where provider_id = $1 and (strpos(lower(username), lower($3)) > 0 or strpos(lower(email), lower($3)) > 0)))`;

const countStatement = `select count(*) as count ${matching}`;

const pageStatement = `select id ${matching} order by id limit $4 offset $5`;

/** A page of the accounts that match, oldest first, and how many match in all. */
export async function searchAccounts(
  db: Database,
  providerId: number,
  { state, query }: AccountFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly accounts: readonly Account[]; readonly total: number }> {
  const values = [providerId, state ?? null, query ?? null];
  const [counted] = await db.query<{ count: number }>(countStatement, values);
  const page = await db.query<{ id: number }>(pageStatement, [...values, limit, offset]);
  const ids = page.map(({ id }) => id);
  const accounts = await readAccounts(db, providerId, ids);
  return { accounts: accounts.toSorted((one, other) => one.id - other.id), total: counted?.count ?? 0 };
}
