import type { Transaction } from "#platform/database/database.ts";
import { readFailureHorizon } from "#webhooks/deliveries/index.ts";

import type { FailureFilter } from "./list-failures.ts";

// What is deleted is what could be read: whole seconds up to `until`, never one to which something may yet be added.
const statement = `
  delete from failures
  where provider_id = $1
    and ($2::bigint is null or endpoint_id = $2)
    and ($3::timestamptz is null or date_trunc('second', failed_at) <= $3)
    and ($4::uuid[] is null or event_id = any($4))
    and failed_at < $5
  returning event_id`;

/** Takes failures off the list; their history stays. Gives how many. */
export async function deleteFailures(tx: Transaction, filter: FailureFilter): Promise<number> {
  const deleted = await tx.query(statement, [
    filter.providerId,
    filter.endpointId,
    filter.until,
    filter.eventIds,
    await readFailureHorizon(tx),
  ]);
  if (deleted.length > 0) tx.hintAfterCommit("history", "");
  return deleted.length;
}
