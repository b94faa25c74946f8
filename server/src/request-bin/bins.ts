import { requireWithinLimit } from "#access/index.ts";
import { type Database, queryRow, type Transaction } from "#platform/database/database.ts";
import { randomBase32, secretDigest } from "#platform/ids.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import { countLimits } from "#platform/limits.ts";
import type { AnswerRule } from "./answer-rules.ts";

/**
 * A built-in receiver that shows its requests. The id is the receiving address and grants no access to the requests.
 */
export interface Bin {
  readonly providerId: number;
  readonly id: string;
  /** Grants access to the requests, with credentials masked, and to the bin's responses. */
  readonly viewKey: string;
  /** Empty: without a name. */
  readonly name: string;
  /** The default response, and the wait before it. */
  readonly answerStatus: number;
  readonly answerDelayMs: number;
  readonly answerRules: readonly AnswerRule[];
  /** Each new request is also sent there. */
  readonly forwardUrl: string | null;
  /** The number of requests ever received. Only the newest are kept. */
  readonly requestsCaught: number;
  readonly createdAt: Date;
}

interface BinKey {
  readonly providerId: number;
  readonly id: string;
}

const columns = `
  provider_id, id, view_key, name, answer_status, answer_delay_ms, answer_rules, forward_url, requests_caught, created_at`;

/** 130 random bits, so that neither an id nor a view key can be guessed. */
const secretLength = 26;

/** PostgreSQL refuses a zero byte, so such an id is rejected first. */
export const mayBeBinId = (id: string): boolean => /^[\w-]+$/.test(id);

/** Settings to change. Omitted ones stay. */
export interface BinSettings {
  readonly name?: string | undefined;
  readonly answerStatus?: number | undefined;
  readonly answerDelayMs?: number | undefined;
  readonly answerRules?: readonly AnswerRule[] | undefined;
  readonly forwardUrl?: string | null | undefined;
}

const insertStatement = `
  insert into bins (provider_id, id, view_key, name, answer_status, answer_delay_ms, answer_rules, forward_url)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  returning ${columns}`;

/** The default response is an immediate 200. */
export async function createBin(
  tx: Transaction,
  { providerId, ...settings }: { readonly providerId: number } & BinSettings,
): Promise<Bin> {
  await requireWithinLimit(tx, countLimits.bins, { providerId });
  const { name = "", answerStatus = 200, answerDelayMs = 0, answerRules = [], forwardUrl = null } = settings;
  const [id, viewKey] = [randomBase32(secretLength), randomBase32(secretLength)];
  const rules = JSON.stringify(answerRules);
  const values = [providerId, id, viewKey, name, answerStatus, answerDelayMs, rules, forwardUrl];
  return queryRow<Bin>(tx, insertStatement, values);
}

export async function readBin(db: Database, { providerId, id }: BinKey): Promise<Bin | undefined> {
  if (!mayBeBinId(id)) return undefined;
  const [bin] = await db.query<Bin>(`select ${columns} from bins where provider_id = $1 and id = $2`, [providerId, id]);
  return bin;
}

/** Returns whether the provider has this bin. */
export const hasBin = async (db: Database, { providerId, id }: BinKey): Promise<boolean> =>
  mayBeBinId(id) &&
  (await db.query(`select id from bins where provider_id = $1 and id = $2`, [providerId, id])).length > 0;

/** The place of a bin in the list, which remains when the bin is deleted. */
export interface BinPosition {
  /** The time of its creation, in microseconds since 1970. */
  readonly createdUs: number;
  readonly id: string;
}

const createdUs = `(extract(epoch from created_at) * 1000000)::bigint`;

/** Newest first. */
const listStatement = `
  select ${columns}, ${createdUs} as "createdUs" from bins
  where provider_id = $1 and ($2::bigint is null or (${createdUs}, id) < ($2, $3::text))
  order by created_at desc, id desc
  limit $4`;

export async function listBins(
  db: Database,
  {
    providerId,
    after,
    limit = 50,
  }: { readonly providerId: number; readonly after?: BinPosition | undefined; readonly limit?: number },
): Promise<(Bin & BinPosition)[]> {
  return db.query<Bin & BinPosition>(listStatement, [providerId, after?.createdUs, after?.id, limit]);
}

// New rules begin with new counts.
const updateStatement = `
  update bins set
    name = coalesce($3, name),
    answer_status = coalesce($4, answer_status),
    answer_delay_ms = coalesce($5, answer_delay_ms),
    answer_rules = coalesce($6::json, answer_rules),
    rule_counts = case when $6::json is null then rule_counts else '[]' end,
    forward_url = case when $7 then $8 else forward_url end
  where provider_id = $1 and id = $2
  returning ${columns}`;

/** Updates the settings of a bin. Rules start their sequences again, even if they are the same as before. */
export async function updateBin(
  tx: Transaction,
  { providerId, id }: BinKey,
  { name, answerStatus, answerDelayMs, answerRules, forwardUrl }: BinSettings,
): Promise<Bin | undefined> {
  const [bin] = await tx.query<Bin>(updateStatement, [
    providerId,
    id,
    name ?? null,
    answerStatus ?? null,
    answerDelayMs ?? null,
    answerRules === undefined ? null : JSON.stringify(answerRules),
    forwardUrl !== undefined,
    forwardUrl ?? null,
  ]);
  if (bin) tx.hintAfterCommit("bins", id);
  return bin;
}

/** Deletes a bin with its requests. Returns whether it existed. */
export async function deleteBin(tx: Transaction, { providerId, id }: BinKey): Promise<boolean> {
  const deleted = await tx.query("delete from bins where provider_id = $1 and id = $2 returning id", [providerId, id]);
  if (deleted.length > 0) tx.hintAfterCommit("bins", id);
  return deleted.length > 0;
}

/** A link that shows a bin's requests, with secrets masked, until it expires. It changes nothing. */
export interface BinShare {
  readonly id: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

interface SharedBin {
  readonly providerId: number;
  readonly binId: string;
}

const lockBinStatement = `select id from bins where provider_id = $1 and id = $2 for update`;
const deleteExpiredSharesStatement = `delete from bin_shares where provider_id = $1 and bin_id = $2 and expires_at <= $3`;
const countSharesStatement = `select count(*)::integer as count from bin_shares where provider_id = $1 and bin_id = $2`;
const insertShareStatement = `
  insert into bin_shares (provider_id, bin_id, digest, created_at, expires_at) values ($1, $2, $3, $4, $4::timestamptz + make_interval(secs => $5))
  returning id, created_at, expires_at`;

/** `full`: the bin has as many links as it may have. */
type NewShare = { readonly share: BinShare; readonly secret: string } | "no bin" | "full";

/** Creates a link and returns its secret, of which only the digest is stored. The bin's lock makes its links countable. */
export async function createShare(
  tx: Transaction,
  { providerId, binId }: SharedBin,
  { now, seconds }: { readonly now: Date; readonly seconds: number },
): Promise<NewShare> {
  const [bin] = await tx.query(lockBinStatement, [providerId, binId]);
  if (!bin) return "no bin";
  tx.send(deleteExpiredSharesStatement, [providerId, binId, now]);
  const [counted] = await tx.query<{ count: number }>(countSharesStatement, [providerId, binId]);
  if ((counted?.count ?? 0) >= binLimits.shares.max) return "full";
  const secret = randomBase32(secretLength);
  const values = [providerId, binId, secretDigest(secret), now, seconds];
  const share = await queryRow<BinShare>(tx, insertShareStatement, values);
  return { share, secret };
}

const listSharesStatement = `
  select id, created_at, expires_at from bin_shares
  where provider_id = $1 and bin_id = $2 and expires_at > $3
  order by id desc`;

/** Lists the links that have not expired, newest first. */
export const listShares = (db: Database, { providerId, binId }: SharedBin, now: Date): Promise<BinShare[]> =>
  db.query<BinShare>(listSharesStatement, [providerId, binId, now]);

const findShareStatement = `
  select id, created_at, expires_at from bin_shares
  where provider_id = $1 and bin_id = $2 and digest = $3 and expires_at > $4`;

/** Finds the link with the secret. Returns undefined if it is unknown, revoked or expired. */
export async function findShare(
  db: Database,
  { providerId, binId }: SharedBin,
  { secret, now }: { readonly secret: string; readonly now: Date },
): Promise<BinShare | undefined> {
  const [share] = await db.query<BinShare>(findShareStatement, [providerId, binId, secretDigest(secret), now]);
  return share;
}

const deleteShareStatement = `
  delete from bin_shares where provider_id = $1 and bin_id = $2 and id = $3 returning id`;

/** Revokes a link. Returns whether it existed. Open pages lose their view when their stream checks it again. */
export async function revokeShare(tx: Transaction, { providerId, binId }: SharedBin, id: number): Promise<boolean> {
  const deleted = await tx.query(deleteShareStatement, [providerId, binId, id]);
  if (deleted.length > 0) tx.hintAfterCommit("bins", binId);
  return deleted.length > 0;
}
