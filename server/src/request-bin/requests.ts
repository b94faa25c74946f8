import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { binLimits } from "#platform/limits.ts";
import { mayBeBinId } from "./bins.ts";

/** The fixed cost of a row besides its bytes. */
export const requestOverheadBytes = 1024;

interface IncomingRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** In the order received. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export interface BinResponse {
  readonly status: number;
  readonly delayMs: number;
  /** Only with 429. */
  readonly retryAfterSeconds?: number;
}

// The bin's row numbers the request. Its lock makes the order of numbers the order of commits, so a reader that
// continues from the last number skips nothing. The row is also a token bucket: a request beyond its limit writes
// nothing.
const countStatement = `
  update bins
  set requests_caught = requests_caught + 1, bytes_caught = bytes_caught + $2,
    allowance = least($3, allowance + $4 * extract(epoch from clock_timestamp() - allowance_at))::bigint - $2,
    allowance_at = clock_timestamp()
  where id = $1 and ($5::bigint is null or provider_id = $5) and least($3, allowance + $4 * extract(epoch from clock_timestamp() - allowance_at)) >= $2
  returning provider_id, requests_caught as number, bytes_caught as "endsAt", answer_status as status,
    answer_delay_ms as "delayMs"`;

const waitStatement = `
  select ceil(($2 - allowance - $3 * extract(epoch from clock_timestamp() - allowance_at)) / $3)::integer as seconds
  from bins where id = $1 and ($4::bigint is null or provider_id = $4)`;

const insertStatement = `
  insert into bin_requests (provider_id, bin_id, number, method, path, query, headers, body, size, ends_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

// Deletes the oldest beyond either limit. Along the primary key: the oldest row to keep is among the first few.
const dropStatement = `
  delete from bin_requests
  where provider_id = $1 and bin_id = $2 and number < greatest($3 + 1, (
    select number from bin_requests
    where provider_id = $1 and bin_id = $2 and number > $3 and ends_at - size >= $4
    order by number limit 1))`;

interface BinAddress {
  readonly binId: string;
  /** The provider of the requested host. Our own sender omits it. */
  readonly providerId?: number;
}

/** Stores the request and returns the bin's response, or undefined if there is no such bin. */
export async function receiveRequest(
  pool: Pool,
  { binId, providerId: askedProviderId }: BinAddress,
  { method, path, query, headers, body }: IncomingRequest,
): Promise<BinResponse | undefined> {
  if (!mayBeBinId(binId)) return undefined;
  if (body.byteLength > binLimits.bodyBytes.max) return { status: 413, delayMs: 0 };
  const texts = [method, path, query, JSON.stringify(headers)].map(storableText);
  const size = texts.reduce((sum, text) => sum + Buffer.byteLength(text), body.byteLength) + requestOverheadBytes;
  return pool.inTransaction(async (tx) => {
    const { max, perSecond } = binLimits.bytesOfBin;
    const [counted] = await tx.query<Counted>(countStatement, [binId, size, max, perSecond, askedProviderId ?? null]);
    if (!counted) {
      const wait = await secondsToWait(tx, [binId, size, perSecond, askedProviderId ?? null]);
      return wait === undefined ? undefined : { status: 429, delayMs: 0, retryAfterSeconds: wait };
    }
    const { providerId, number, endsAt, status, delayMs } = counted;
    tx.send(insertStatement, [providerId, binId, number, ...texts, body, size, endsAt]);
    tx.send(dropStatement, [providerId, binId, number - binLimits.keptRequests.max, endsAt - binLimits.keptBytes.max]);
    tx.hintAfterCommit("bins", binId);
    return { status, delayMs };
  });
}

interface Counted {
  readonly providerId: number;
  readonly number: number;
  readonly endsAt: number;
  readonly status: number;
  readonly delayMs: number;
}

/** Returns undefined if there is no such bin. */
async function secondsToWait(tx: Transaction, values: readonly unknown[]): Promise<number | undefined> {
  const [wait] = await tx.query<{ seconds: number }>(waitStatement, values);
  return wait && Math.max(1, wait.seconds);
}

/** PostgreSQL's text allows neither NUL nor half a surrogate pair. */
const storableText = (text: string): string => text.replaceAll("\0", "�").toWellFormed();

const binPath = /^\/bins\/([a-z2-7]{26})$/;

export interface OwnBinsNeeds {
  readonly pool: Pool;
  /** Returns whether the URL leads to this installation. */
  readonly isOurs: (url: URL) => boolean;
}

/** Returns the bins of this installation for the sender, which delivers to them without the network. */
export const createOwnBins = ({ pool, isOurs }: OwnBinsNeeds) => ({
  matches: (url: URL): string | undefined => (isOurs(url) ? binPath.exec(url.pathname)?.[1] : undefined),
  deliver: (binId: string, request: IncomingRequest) => receiveRequest(pool, { binId }, request),
});

export interface BinRequest {
  /** Counts from 1 in the order of arrival. */
  readonly number: number;
  readonly receivedAt: Date;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Truncated to `shown-body-bytes`. */
  readonly body: Buffer;
  /** The length of the whole body. */
  readonly bodyBytes: number;
}

const shownBodyBytesMax = binLimits.shownBodyBytes.max;

interface BinKey {
  readonly providerId: number;
  readonly binId: string;
}

export interface BinRequestPage {
  readonly requests: readonly BinRequest[];
  readonly hasMore: boolean;
}

// Sizes alone decide the length of a page, so rows that do not fit are never read. Along the primary key.
const selectSizes = `
  select number, least(size, $5::integer) as size
  from bin_requests
  where provider_id = $1 and bin_id = $2 and number < $3::bigint and number > $4::bigint`;
const newestFirst = `${selectSizes} order by number desc limit $6`;
const oldestFirst = `${selectSizes} order by number limit $6`;

const rowsStatement = `
  select number, received_at, method, path, query, headers,
    substring(body from 1 for $4::integer) as body, octet_length(body) as "bodyBytes"
  from bin_requests
  where provider_id = $1 and bin_id = $2 and number = any($3::integer[])`;

const numberMax = 2 ** 31 - 1;

interface BinRequestFilter extends BinKey {
  /** The number of a request to continue from. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

/** Lists newest first: at most `limit`, fewer if they are large. */
export const listBinRequests = (db: Database, filter: BinRequestFilter): Promise<BinRequestPage> =>
  readPage(db, newestFirst, filter);

/** Lists oldest first, so that continuing from the last one skips none. */
export const listBinRequestsAfter = (
  db: Database,
  filter: BinRequestFilter & { readonly after: number },
): Promise<BinRequestPage> => readPage(db, oldestFirst, filter);

async function readPage(
  db: Database,
  statement: string,
  { providerId, binId, before = numberMax, after = 0, limit = 50 }: BinRequestFilter,
): Promise<BinRequestPage> {
  const sized = await db.query<Sized>(statement, [providerId, binId, before, after, shownBodyBytesMax * 2, limit + 1]);
  const numbers = takeWhileFitting(sized.slice(0, limit)).map(({ number }) => number);
  const values = [providerId, binId, numbers, shownBodyBytesMax];
  const rows = numbers.length === 0 ? [] : await db.query<BinRequest>(rowsStatement, values);
  const byNumber = new Map(rows.map((row) => [row.number, row]));
  return {
    requests: numbers.flatMap((number) => byNumber.get(number) ?? []), // may have been deleted meanwhile
    hasMore: sized.length > numbers.length,
  };
}

interface Sized {
  readonly number: number;
  readonly size: number;
}

function takeWhileFitting(sized: readonly Sized[]): readonly Sized[] {
  let bytes = 0;
  return sized.filter(({ size }, at) => (bytes += size) <= binLimits.pageBytes.max || at === 0);
}

const bodyStatement = `select body from bin_requests where provider_id = $1 and bin_id = $2 and number = $3`;

export async function readBinRequestBody(
  db: Database,
  { providerId, binId, number }: BinKey & { readonly number: number },
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ body: Buffer }>(bodyStatement, [providerId, binId, number]);
  return row?.body;
}
