import type { Database } from "#platform/database/database.ts";

export interface BinRequest {
  /** Counted from 1 in the order of arrival. */
  readonly number: number;
  readonly receivedAt: Date;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface BinRequestFilter {
  readonly providerId: number;
  readonly binId: string;
  /** Those that came before, or after, the request of this number. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
}

const columns = `number, received_at as "receivedAt", method, path, query, headers, body`;

// Along the primary key, backwards.
const statement = `
  select ${columns}
  from bin_requests
  where provider_id = $1 and bin_id = $2 and number < $3::bigint and number > $4::bigint
  order by number desc
  limit $5`;

const numberMax = 2 ** 31 - 1;

/** Newest first. */
export async function listBinRequests(
  db: Database,
  { providerId, binId, before = numberMax, after = 0, limit = 50 }: BinRequestFilter,
): Promise<BinRequest[]> {
  return db.query<BinRequest>(statement, [providerId, binId, before, after, limit]);
}

// Along the primary key.
const nextStatement = `
  select ${columns}
  from bin_requests
  where provider_id = $1 and bin_id = $2 and number > $3
  order by number
  limit $4`;

/** Oldest first: who goes on from the last of them leaves none out, however fast they come. */
export const listNextBinRequests = (
  db: Database,
  { providerId, binId, after, limit = 50 }: BinRequestFilter & { readonly after: number },
): Promise<BinRequest[]> => db.query<BinRequest>(nextStatement, [providerId, binId, after, limit]);
