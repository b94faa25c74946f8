import type { Database } from "#platform/database/database.ts";
import { takenErrors, type FieldErrors } from "#portal/fields/index.ts";

// Served by users_username_idx and users_email_idx.
const statement = `
  select coalesce(bool_or(lower(username) = lower($2)), false) as username,
    coalesce(bool_or(lower(email) = lower($3)), false) as email
  from users
  where provider_id = $1 and (lower(username) = lower($2) or lower(email) = lower($3)) and id is distinct from $4`;

/** What is wrong with names that another user of the provider's accounts already has. With an id: another than that user. */
export async function findTakenNames(
  db: Database,
  providerId: number,
  { username, email, id }: { username: string; email: string | null; id?: number },
): Promise<FieldErrors> {
  const [taken] = await db.query<{ username: boolean; email: boolean }>(statement, [
    providerId,
    username,
    email,
    id ?? null,
  ]);
  return { username: takenErrors(taken?.username), email: takenErrors(taken?.email) };
}
