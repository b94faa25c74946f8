import type { Database, Transaction } from "#platform/database/database.ts";
import { randomBase32 } from "#platform/ids.ts";
import { countLimits, requireWithinLimit } from "#platform/limits.ts";
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
export const secretLength = 26;

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
  const [bin] = await tx.query<Bin>(insertStatement, values);
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
