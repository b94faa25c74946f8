import type { Database } from "#platform/database/database.ts";
import { binLimits } from "#platform/limits/bin-limits.ts";

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
const sizes = `
  select number, least(size, $5::integer) as size
  from bin_requests
  where provider_id = $1 and bin_id = $2 and number < $3::bigint and number > $4::bigint`;
const newestFirst = `${sizes} order by number desc limit $6`;
const oldestFirst = `${sizes} order by number limit $6`;

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
export const listNextBinRequests = (
  db: Database,
  filter: BinRequestFilter & { readonly after: number },
): Promise<BinRequestPage> => readPage(db, oldestFirst, filter);

async function readPage(
  db: Database,
  statement: string,
  { providerId, binId, before = numberMax, after = 0, limit = 50 }: BinRequestFilter,
): Promise<BinRequestPage> {
  const sized = await db.query<Sized>(statement, [providerId, binId, before, after, shownBodyBytesMax * 2, limit + 1]);
  const numbers = thoseThatFit(sized.slice(0, limit)).map(({ number }) => number);
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

function thoseThatFit(sized: readonly Sized[]): readonly Sized[] {
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
