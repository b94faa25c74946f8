import type { Database, Transaction } from "#platform/database/database.ts";
import { randomBase32 } from "#platform/ids.ts";
import { countLimits, requireWithinLimit } from "#platform/limits.ts";

/**
 * A built-in receiver that shows its requests. The id is the receiving address and grants no access to the requests.
 */
export interface Bin {
  readonly providerId: number;
  readonly id: string;
  /** Grants access to the requests, with credentials masked, and to the bin's response. */
  readonly viewKey: string;
  /** The response, and the wait before it. */
  readonly answerStatus: number;
  readonly answerDelayMs: number;
  /** The number of requests ever received. Only the newest are kept. */
  readonly requestsCaught: number;
  readonly createdAt: Date;
}

interface BinKey {
  readonly providerId: number;
  readonly id: string;
}

const columns = `
  provider_id, id, view_key, answer_status, answer_delay_ms,
  requests_caught, created_at`;

/** 130 random bits, so that neither an id nor a view key can be guessed. */
const secretLength = 26;

/** PostgreSQL refuses a zero byte, so such an id is rejected first. */
export const mayBeBinId = (id: string): boolean => /^[\w-]+$/.test(id);

const insertStatement = `
  insert into bins (provider_id, id, view_key, answer_status, answer_delay_ms) values ($1, $2, $3, $4, $5)
  returning ${columns}`;

/** The default response is an immediate 200. */
export async function createBin(
  tx: Transaction,
  { providerId, answerStatus = 200, answerDelayMs = 0 }: { readonly providerId: number } & BinAnswer,
): Promise<Bin> {
  await requireWithinLimit(tx, countLimits.bins, { providerId });
  const [id, viewKey] = [randomBase32(secretLength), randomBase32(secretLength)];
  const [bin] = await tx.query<Bin>(insertStatement, [providerId, id, viewKey, answerStatus, answerDelayMs]);
  if (!bin) throw new Error("The new bin was not returned.");
  return bin;
}

export async function readBin(db: Database, { providerId, id }: BinKey): Promise<Bin | undefined> {
  if (!mayBeBinId(id)) return undefined;
  const [bin] = await db.query<Bin>(`select ${columns} from bins where provider_id = $1 and id = $2`, [providerId, id]);
  return bin;
}

/** Newest first. `after` is the last bin of the previous page. */
const listStatement = `
  select ${columns} from bins
  where provider_id = $1
    and ($2::text is null or (created_at, id) < (select created_at, id from bins where provider_id = $1 and id = $2))
  order by created_at desc, id desc
  limit $3`;

export async function listBins(
  db: Database,
  {
    providerId,
    after,
    limit = 50,
  }: { readonly providerId: number; readonly after?: string | undefined; readonly limit?: number },
): Promise<Bin[]> {
  return db.query<Bin>(listStatement, [providerId, after ?? null, limit]);
}

export interface BinAnswer {
  readonly answerStatus?: number | undefined;
  readonly answerDelayMs?: number | undefined;
}

const updateStatement = `
  update bins set answer_status = coalesce($3, answer_status), answer_delay_ms = coalesce($4, answer_delay_ms)
  where provider_id = $1 and id = $2
  returning ${columns}`;

/** Updates the response. Omitted values stay. */
export async function updateBin(
  tx: Transaction,
  { providerId, id }: BinKey,
  answer: BinAnswer,
): Promise<Bin | undefined> {
  const values = [providerId, id, answer.answerStatus ?? null, answer.answerDelayMs ?? null];
  const [bin] = await tx.query<Bin>(updateStatement, values);
  if (bin) tx.hintAfterCommit("bins", id);
  return bin;
}

/** Deletes a bin with its requests. Returns whether it existed. */
export async function deleteBin(tx: Transaction, { providerId, id }: BinKey): Promise<boolean> {
  const deleted = await tx.query("delete from bins where provider_id = $1 and id = $2 returning id", [providerId, id]);
  if (deleted.length > 0) tx.hintAfterCommit("bins", id);
  return deleted.length > 0;
}
