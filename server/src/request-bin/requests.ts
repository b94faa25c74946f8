import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { binLimits } from "#platform/limits.ts";
import { mayBeBinId } from "./bins.ts";

/** A row costs as much as its bytes and this. */
export const requestOverheadBytes = 1024;

interface IncomingRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** As they came, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export interface BinResponse {
  readonly status: number;
  readonly delayMs: number;
  /** With 429: the bin takes no more before. */
  readonly retryAfterSeconds?: number;
}

// Numbers the request by the bin's own row, whose lock makes the order of numbers the order of commits: a reader who goes on
// from the last number misses nothing. The row is a token bucket too; a request that it has no room for writes nothing.
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

// Drops the oldest beyond either limit. Along the primary key: the oldest row that may stay is found among the first few.
const dropStatement = `
  delete from bin_requests
  where provider_id = $1 and bin_id = $2 and number < greatest($3 + 1, (
    select number from bin_requests
    where provider_id = $1 and bin_id = $2 and number > $3 and ends_at - size >= $4
    order by number limit 1))`;

interface BinAddress {
  readonly binId: string;
  /** At whose host the bin was looked for; left out by our own sender, which uses none. */
  readonly providerId?: number;
}

/** Keeps the request and returns how the bin answers it. `undefined`: there is no such bin. */
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

/** `undefined`: there is no such bin. */
async function secondsToWait(tx: Transaction, values: readonly unknown[]): Promise<number | undefined> {
  const [wait] = await tx.query<{ seconds: number }>(waitStatement, values);
  return wait && Math.max(1, wait.seconds);
}

/** PostgreSQL's text has no NUL, and half a surrogate pair is no UTF-8. */
const storableText = (text: string): string => text.replaceAll("\0", "�").toWellFormed();

const binPath = /^\/bins\/([a-z2-7]{26})$/;

export interface OwnBinsNeeds {
  readonly pool: Pool;
  /** Whether the URL leads to this installation. */
  readonly isOurs: (url: URL) => boolean;
}

/** Bins of this installation, for a sender that hands them their requests without going over the network. */
export const createOwnBins = ({ pool, isOurs }: OwnBinsNeeds) => ({
  matches: (url: URL): string | undefined => (isOurs(url) ? binPath.exec(url.pathname)?.[1] : undefined),
  deliver: (binId: string, request: IncomingRequest) => receiveRequest(pool, { binId }, request),
});

export interface BinRequest {
  /** Counted from 1 in the order of arrival. */
  readonly number: number;
  readonly receivedAt: Date;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Its beginning, if it is longer than `shown-body-bytes`. */
  readonly body: Buffer;
  /** How long the whole body is. */
  readonly bodyBytes: number;
}

const shownBodyBytesMax = binLimits.shownBodyBytes.max;

interface BinKey {
  readonly providerId: number;
  readonly binId: string;
}

export interface BinRequestPage {
  readonly requests: readonly BinRequest[];
  /** Whether there are more behind them. */
  readonly hasMore: boolean;
}

// Sizes alone decide how far a page reaches, so what does not fit is never read. Along the primary key.
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
  /** Those that came before, or after, the request of this number. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

/** Reads newest first: as many as `limit` says, or fewer if they are large. */
export const listBinRequests = (db: Database, filter: BinRequestFilter): Promise<BinRequestPage> =>
  readPage(db, newestFirst, filter);

/** Reads oldest first: whoever goes on from the last of them leaves none out, however fast they come. */
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
    requests: numbers.flatMap((number) => byNumber.get(number) ?? []), // one may have been dropped meanwhile
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

/** Reads a whole body. */
export async function readBinRequestBody(
  db: Database,
  { providerId, binId, number }: BinKey & { readonly number: number },
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ body: Buffer }>(bodyStatement, [providerId, binId, number]);
  return row?.body;
}
