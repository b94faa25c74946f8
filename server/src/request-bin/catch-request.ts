import type { Pool } from "#platform/database/database.ts";
import { mayBeBinId } from "./bins-table.ts";

export interface RequestToCatch {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** As they came, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** A webhook is a few KiB. */
export const caughtBodyBytesMax = 1024 * 1024;

/** More than anybody reads; a bin that is forgotten in a busy place must not fill the database. */
const keptRequestsMax = 500;

// Numbers the request by the bin's own row, whose lock makes the order of numbers the order of commits: who reads on from
// the last number that he saw misses nothing. A thousand requests a second go through one bin that way, which is plenty.
const statement = `
  with bin as (
    update bins set requests_caught = requests_caught + 1
    where id = $1
    returning provider_id, id, requests_caught, answer_status, answer_delay_ms
  ), caught as (
    insert into bin_requests (provider_id, bin_id, number, method, path, query, headers, body)
    select provider_id, id, requests_caught, $2, $3, $4, $5, $6 from bin
  ), dropped as (
    delete from bin_requests using bin
    where bin_requests.provider_id = bin.provider_id and bin_requests.bin_id = bin.id
      and bin_requests.number <= bin.requests_caught - $7
  )
  select answer_status as status, answer_delay_ms as "delayMs" from bin`;

/** Keeps the request and says how the bin answers it. `undefined`: there is no such bin. */
export async function catchRequest(
  pool: Pool,
  binId: string,
  { method, path, query, headers, body }: RequestToCatch,
): Promise<{ readonly status: number; readonly delayMs: number } | undefined> {
  if (!mayBeBinId(binId)) return undefined;
  if (body.byteLength > caughtBodyBytesMax) return { status: 413, delayMs: 0 };
  // PostgreSQL's text has no NUL, and bytes that are not UTF-8 become replacement characters on the way here.
  const texts = [method, path, query, JSON.stringify(headers)].map((text) => text.replaceAll("\0", "�"));
  return pool.inTransaction(async (tx) => {
    const values = [binId, ...texts, body, keptRequestsMax];
    const [answer] = await tx.query<{ status: number; delayMs: number }>(statement, values);
    if (answer) tx.hintAfterCommit("bins", binId);
    return answer;
  });
}
