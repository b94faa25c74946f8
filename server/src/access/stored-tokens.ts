import type { Database, Transaction } from "#platform/database/database.ts";
import type { Permission, Scope } from "./access-tokens-table.ts";
import { callersChanged } from "./callers-changed.ts";
import { digestOf } from "./digest-of.ts";

/** An access token as its owner sees it later: without its value, which nobody has any more. */
export interface StoredToken {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly permission: Permission;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

const columns = `id, name, scopes, permission, expires_at, created_at`;

interface Owner {
  readonly providerId: number;
  readonly userId: number;
}

const listStatement = `
  select ${columns}
  from access_tokens
  where provider_id = $1 and user_id = $2 and ($3::text is null or position(lower($3) in lower(name)) > 0)
  order by id`;

/** A user's tokens, oldest first; with a name, those whose name contains it. */
export const listAccessTokens = (db: Database, { providerId, userId }: Owner, name?: string): Promise<StoredToken[]> =>
  db.query<StoredToken>(listStatement, [providerId, userId, name ?? null]);

const readStatement = `
  select ${columns}
  from access_tokens
  where provider_id = $1 and user_id = $2 and (id::text = $3 or digest = $4)`;

/** The user's token with this id, or with this value. */
export async function readOwnAccessToken(
  db: Database,
  { providerId, userId }: Owner,
  idOrValue: string,
): Promise<StoredToken | undefined> {
  if (idOrValue.includes("\0")) return undefined; // PostgreSQL has no text with it
  const [token] = await db.query<StoredToken>(readStatement, [providerId, userId, idOrValue, digestOf(idOrValue)]);
  return token;
}

const deleteStatement = `delete from access_tokens where provider_id = $1 and user_id = $2 and id = $3 returning id`;

/** Whether the user had such a token. It opens nothing any more. */
export async function deleteAccessToken(tx: Transaction, { providerId, userId }: Owner, id: number): Promise<boolean> {
  const deleted = await tx.query(deleteStatement, [providerId, userId, id]);
  callersChanged(tx, providerId);
  return deleted.length > 0;
}
