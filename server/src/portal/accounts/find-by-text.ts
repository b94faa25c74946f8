import type { ProductScope } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { parseRowId } from "#platform/ids.ts";

/** An account, a user or an application that a text refers to. */
export interface FoundObject {
  readonly kind: "account" | "user" | "application";
  readonly id: number;
  readonly title: string;
  readonly detail: string | null;
  readonly accountId: number;
}

// Each finds at most five. $2 is the text, $3 the same as an id, or null. A name that begins with the text lies between it and the text followed by
// the last character, compared by bytes: accounts_name_idx. The primary key serves ids.
const accountsStatement = `
  select 'account' as kind, id, org_name as title, state as detail, id as account_id
  from (
    (select id, org_name, state from accounts where provider_id = $1 and id = $3)
    union
    (select id, org_name, state from accounts
      where provider_id = $1 and lower(org_name) ~>=~ lower($2) and lower(org_name) ~<~ (lower($2) || chr(1114111))
      order by lower(org_name) using ~<~
      limit 5)
  ) account
  order by id = $3 desc nulls last, lower(org_name), id
  limit 5`;

// By users_username_prefix_idx, users_email_prefix_idx and the primary key.
const usersStatement = `
  select 'user' as kind, id, username as title, email as detail, account_id
  from (
    (select id, username, email, account_id from users where provider_id = $1 and id = $3)
    union
    (select id, username, email, account_id from users
      where provider_id = $1 and lower(username) ~>=~ lower($2) and lower(username) ~<~ (lower($2) || chr(1114111))
      order by lower(username) using ~<~
      limit 5)
    union
    (select id, username, email, account_id from users
      where provider_id = $1 and lower(email) ~>=~ lower($2) and lower(email) ~<~ (lower($2) || chr(1114111))
      order by lower(email) using ~<~
      limit 5)
  ) found
  order by id = $3 desc nulls last, lower(username), id
  limit 5`;

// By applications_name_idx, applications_user_key_idx, applications_application_id_idx and the primary key. $4 is the
// caller's product scope.
const applicationsStatement = `
  select 'application' as kind, id, coalesce(name, application_id) as title, application_id as detail, account_id
  from (
    (select * from applications where provider_id = $1 and id = $3)
    union
    (select * from applications where provider_id = $1 and user_key = $2 limit 5)
    union
    (select * from applications where provider_id = $1 and application_id = $2 limit 5)
    union
    (select * from applications
      where provider_id = $1 and lower(name) ~>=~ lower($2) and lower(name) ~<~ (lower($2) || chr(1114111))
        and ($4::bigint[] is null or product_id = any($4))
      order by lower(name) using ~<~
      limit 5)
  ) found
  where $4::bigint[] is null or product_id = any($4)
  order by id = $3 desc nulls last, lower(name), id
  limit 5`;

/**
 * Finds accounts, users and applications by id, key, email or the beginning of a name. Applications outside the caller's
 * product scope are left out.
 */
export async function findByText(
  db: Database,
  providerId: number,
  text: string,
  reach: ProductScope,
): Promise<readonly FoundObject[]> {
  const values = [providerId, text, parseRowId(text)];
  const found = await Promise.all([
    db.query<FoundObject>(accountsStatement, values),
    db.query<FoundObject>(usersStatement, values),
    db.query<FoundObject>(applicationsStatement, [...values, reach]),
  ]);
  return found.flat();
}
