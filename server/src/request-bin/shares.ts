import type { Database, Transaction } from "#platform/database/database.ts";
import { randomBase32, secretDigest } from "#platform/ids.ts";
import { binLimits } from "#platform/limits.ts";
import { secretLength } from "./bins.ts";

/** A link that shows a bin's requests, with secrets masked, until it expires. It changes nothing. */
export interface BinShare {
  readonly id: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

interface BinKey {
  readonly providerId: number;
  readonly binId: string;
}

const lockStatement = `select id from bins where provider_id = $1 and id = $2 for update`;
const deleteExpiredStatement = `delete from bin_shares where provider_id = $1 and bin_id = $2 and expires_at <= $3`;
const countStatement = `select count(*)::integer as count from bin_shares where provider_id = $1 and bin_id = $2`;
const insertStatement = `
  insert into bin_shares (provider_id, bin_id, digest, created_at, expires_at) values ($1, $2, $3, $4, $4::timestamptz + make_interval(secs => $5))
  returning id, created_at, expires_at`;

/** `full`: the bin has as many links as it may have. */
export type NewShare = { readonly share: BinShare; readonly secret: string } | "no bin" | "full";

/** Creates a link and returns its secret, of which only the digest is stored. The bin's lock makes its links countable. */
export async function createShare(
  tx: Transaction,
  { providerId, binId }: BinKey,
  { now, seconds }: { readonly now: Date; readonly seconds: number },
): Promise<NewShare> {
  const [bin] = await tx.query(lockStatement, [providerId, binId]);
  if (!bin) return "no bin";
  tx.send(deleteExpiredStatement, [providerId, binId, now]);
  const [counted] = await tx.query<{ count: number }>(countStatement, [providerId, binId]);
  if ((counted?.count ?? 0) >= binLimits.shares.max) return "full";
  const secret = randomBase32(secretLength);
  const values = [providerId, binId, secretDigest(secret), now, seconds];
  const [share] = await tx.query<BinShare>(insertStatement, values);
  if (!share) throw new Error("The new link was not returned.");
  return { share, secret };
}

const listStatement = `
  select id, created_at, expires_at from bin_shares
  where provider_id = $1 and bin_id = $2 and expires_at > $3
  order by id desc`;

/** Lists the links that have not expired, newest first. */
export const listShares = (db: Database, { providerId, binId }: BinKey, now: Date): Promise<BinShare[]> =>
  db.query<BinShare>(listStatement, [providerId, binId, now]);

const findStatement = `
  select id, created_at, expires_at from bin_shares
  where provider_id = $1 and bin_id = $2 and digest = $3 and expires_at > $4`;

/** Finds the link with the secret. Returns undefined if it is unknown, revoked or expired. */
export async function findShare(
  db: Database,
  { providerId, binId }: BinKey,
  { secret, now }: { readonly secret: string; readonly now: Date },
): Promise<BinShare | undefined> {
  const [share] = await db.query<BinShare>(findStatement, [providerId, binId, secretDigest(secret), now]);
  return share;
}

const deleteStatement = `
  delete from bin_shares where provider_id = $1 and bin_id = $2 and id = $3 returning id`;

/** Revokes a link. Returns whether it existed. Open pages lose their view when their stream checks it again. */
export async function revokeShare(tx: Transaction, { providerId, binId }: BinKey, id: number): Promise<boolean> {
  const deleted = await tx.query(deleteStatement, [providerId, binId, id]);
  if (deleted.length > 0) tx.hintAfterCommit("bins", binId);
  return deleted.length > 0;
}
