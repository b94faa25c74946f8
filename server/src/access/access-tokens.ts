import type { Database, Transaction } from "#platform/database/database.ts";
import { randomHex, secretDigest } from "#platform/ids.ts";
import { type ProductScope, notifyCallersChanged } from "./actor.ts";
import type { Role } from "./provider-users.ts";

export const scopes = ["account_management", "cms", "finance", "policy_registry", "stats"] as const;
export type Scope = (typeof scopes)[number];

export type Permission = "ro" | "rw";

/** A token that counts, with what its owner may do. */
export interface AccessToken {
  readonly id: number;
  readonly name: string;
  readonly userId: number;
  readonly role: Role;
  readonly sections: readonly string[];
  readonly serviceIds: ProductScope;
  readonly scopes: readonly Scope[];
  readonly permission: Permission;
  readonly expiresAt: Date | null;
}

export interface NewAccessToken {
  readonly providerId: number;
  readonly userId: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly permission: Permission;
  readonly expiresAt?: Date;
  /** A value of the operator's own choice; random when left out. */
  readonly value?: string;
}

const valueBytes = 48;

/** As 3scale's are: 96 hexadecimal digits. */
export const newTokenValue = (): string => randomHex(valueBytes);

const insertStatement = `
  insert into access_tokens (provider_id, user_id, name, digest, scopes, permission, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7)
  returning id`;

/** The answer is the only time that the value can be seen: what is kept is its digest. */
export async function createAccessToken(
  tx: Transaction,
  token: NewAccessToken,
): Promise<{ id: number; value: string }> {
  const value = token.value ?? newTokenValue();
  const rows = await tx.query<{ id: number }>(insertStatement, [
    token.providerId,
    token.userId,
    token.name,
    secretDigest(value),
    token.scopes,
    token.permission,
    token.expiresAt ?? null,
  ]);
  const [row] = rows;
  if (!row) throw new Error("The database returned no id for a new access token.");
  return { id: row.id, value };
}

// Of provider $1, with the digest $2, at the time $3. An expired token, and the token of somebody who may not sign in, is no
// token. Served by the unique key on digest.
export const findTokenStatement = `
  select token.id, token.name, token.user_id as "userId", owner.role, owner.sections,
    owner.service_ids as "serviceIds", token.scopes, token.permission, token.expires_at as "expiresAt"
  from access_tokens as token
  join provider_users as owner on owner.provider_id = token.provider_id and owner.id = token.user_id
  where token.digest = $2 and token.provider_id = $1
    and (token.expires_at is null or token.expires_at > $3)
    and owner.state = 'active'`;

export async function findAccessToken(
  db: Database,
  { providerId, value, now }: { providerId: number; value: string; now: Date },
): Promise<AccessToken | undefined> {
  const [token] = await db.query<AccessToken>(findTokenStatement, [providerId, secretDigest(value), now]);
  return token;
}

/** An access token as its owner sees it later: without its value, which nobody has any more. */
export interface StoredToken {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly permission: Permission;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

const tokenColumns = `id, name, scopes, permission, expires_at, created_at`;

interface TokenOwner {
  readonly providerId: number;
  readonly userId: number;
}

const listStatement = `
  select ${tokenColumns}
  from access_tokens
  where provider_id = $1 and user_id = $2 and ($3::text is null or position(lower($3) in lower(name)) > 0)
  order by id`;

/** A user's tokens, oldest first; with a name, those whose name contains it. */
export const listAccessTokens = (
  db: Database,
  { providerId, userId }: TokenOwner,
  name?: string,
): Promise<StoredToken[]> => db.query<StoredToken>(listStatement, [providerId, userId, name ?? null]);

const readStatement = `
  select ${tokenColumns}
  from access_tokens
  where provider_id = $1 and user_id = $2 and (id::text = $3 or digest = $4)`;

/** The user's token with this id, or with this value. */
export async function readOwnAccessToken(
  db: Database,
  { providerId, userId }: TokenOwner,
  idOrValue: string,
): Promise<StoredToken | undefined> {
  if (idOrValue.includes("\0")) return undefined; // PostgreSQL has no text with it
  const [token] = await db.query<StoredToken>(readStatement, [providerId, userId, idOrValue, secretDigest(idOrValue)]);
  return token;
}

const deleteStatement = `delete from access_tokens where provider_id = $1 and user_id = $2 and id = $3 returning id`;

/** Whether the user had such a token. It opens nothing any more. */
export async function deleteAccessToken(
  tx: Transaction,
  { providerId, userId }: TokenOwner,
  id: number,
): Promise<boolean> {
  const deleted = await tx.query(deleteStatement, [providerId, userId, id]);
  notifyCallersChanged(tx, providerId);
  return deleted.length > 0;
}
