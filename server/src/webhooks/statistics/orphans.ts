import type { Pool } from "#platform/database/database.ts";
import { LaneCounts } from "./counts.ts";
import { idleLane, writeStatistics } from "./write-statistics.ts";

/** Lanes per transaction. */
const lanesMax = 200;

// Lanes without a living owner whose last one did not report that it had counted everything. Locked, so that none is claimed
// meanwhile: a new owner counts from its claim on. Owners without a heartbeat for longer than any lease are dead.
const orphansStatement = `
  select lanes.endpoint_id, lanes.provider_id, lanes.epoch
  from lanes
  left join lane_reports report on report.endpoint_id = lanes.endpoint_id
  where lanes.epoch > 0
    and not exists (select from engines where engines.id = lanes.owner and engines.beat_at > clock_timestamp() - interval '60 seconds')
    and (report.endpoint_id is null or not report.released or report.epoch < lanes.epoch)
  order by lanes.endpoint_id
  limit $1
  for update of lanes skip locked`;

/**
 * Counts the attempts that killed engines recorded and did not count, of lanes that no engine has claimed since. Returns the
 * number of lanes; there may be more.
 */
export const countOrphans = (pool: Pool): Promise<number> =>
  pool.inTransaction(async (tx) => {
    const lanes = await tx.query<{ endpointId: number; providerId: number; epoch: number }>(orphansStatement, [
      lanesMax,
    ]);
    const orphans = lanes.map((lane) => ({
      ...lane,
      isReleased: true,
      state: idleLane,
      counts: new LaneCounts(),
      base: undefined,
      through: 0,
      isFirstWrite: false,
      known: undefined,
    }));
    if (orphans.length > 0) await writeStatistics(tx, orphans);
    return orphans.length;
  });
