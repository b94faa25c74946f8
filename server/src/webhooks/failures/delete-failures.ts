import type { Pool } from "#platform/database/database.ts";
import { readFailureHorizon } from "#webhooks/deliveries/index.ts";

import type { FailureFilter } from "./list-failures.ts";
import { listed, named, nextPiece, taken } from "./pick-failures.ts";
import { takeInPieces, type AskedBy } from "./take-in-pieces.ts";

const counted = `counted as (select count(*) as count from taken)
  select counted.count, last.endpoint_id, last.failed_at, last.event_id
  from counted left join last on true`;

const statements = {
  listed: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${listed}
    ${nextPiece}
  ), ${taken}, ${counted}`,
  named: `
  with picked as materialized (
    select ctid, endpoint_id, failed_at, event_id from failures
    where ${named}
    ${nextPiece}
  ), ${taken}, ${counted}`,
};

/** Takes failures off the list; their history stays. Gives how many. */
export const deleteFailures = async (
  pool: Pool,
  filter: FailureFilter,
  askedBy: AskedBy,
  pieceRowsMax?: number,
): Promise<number> =>
  takeInPieces(pool, {
    statements,
    filter,
    // What is deleted is what could be read: never a failure of a second to which something may yet be added.
    horizon: await readFailureHorizon(pool),
    action: "failures.deleted",
    askedBy,
    pieceRowsMax,
  });
