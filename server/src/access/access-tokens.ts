import type { Database, Transaction } from "#platform/database/database.ts";
import { randomHex, secretDigest } from "#platform/ids.ts";
import { type ProductScope, notifyCallersChanged } from "./permissions.ts";
import type { Role } from "./provider-users.ts";

export const scopes = ["account_management", "cms", "finance", "policy_registry", "stats"] as const;
export type Scope = (typeof scopes)[number];

export type Permission = "ro" | "rw";

/** A valid token, with the permissions of its owner. */
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
  /** Chosen by the operator; random if omitted. */
  readonly value?: string;
}

const valueBytes = 48;

/** 96 hexadecimal digits, like 3scale's. */
export const newTokenValue = (): string => randomHex(valueBytes);

const insertStatement = `
  insert into access_tokens (provider_id, user_id, name, digest, scopes, permission, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7)
  returning id`;

/** Creates a token. Only its digest is stored, so this response is the only one with the value. */
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

// Finds the token of provider $1 with digest $2 at time $3, unless it is expired or its owner may not sign in.
// Served by the unique key on digest.
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

/** An access token without its value, which is not stored. */
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

/** Lists a user's tokens, oldest first; with a name, those whose name contains it. */
export const listAccessTokens = (
  db: Database,
  { providerId, userId }: TokenOwner,
  name?: string,
): Promise<StoredToken[]> => db.query<StoredToken>(listStatement, [providerId, userId, name ?? null]);

const readStatement = `
  select ${tokenColumns}
  from access_tokens
  where provider_id = $1 and user_id = $2 and (id::text = $3 or digest = $4)`;

/** Finds the user's token with this id or this value. */
export async function readOwnAccessToken(
  db: Database,
  { providerId, userId }: TokenOwner,
  idOrValue: string,
): Promise<StoredToken | undefined> {
  if (idOrValue.includes("\0")) return undefined; // PostgreSQL texts cannot contain it
  const [token] = await db.query<StoredToken>(readStatement, [providerId, userId, idOrValue, secretDigest(idOrValue)]);
  return token;
}

const deleteStatement = `delete from access_tokens where provider_id = $1 and user_id = $2 and id = $3 returning id`;

/** Deletes a token. Returns whether the user had it. */
export async function deleteAccessToken(
  tx: Transaction,
  { providerId, userId }: TokenOwner,
  id: number,
): Promise<boolean> {
  const deleted = await tx.query(deleteStatement, [providerId, userId, id]);
  notifyCallersChanged(tx, providerId);
  return deleted.length > 0;
}
