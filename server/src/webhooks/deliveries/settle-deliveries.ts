import type { Pool } from "#platform/database/database.ts";

import { promoteNext } from "./promote-next.ts";
import type { Settlement } from "./settlement.ts";
import { isFirstDelivery, writeFirstDeliveries } from "./write-first-deliveries.ts";
import { writeLateAttempts } from "./write-late-attempts.ts";
import { writeOutcomes } from "./write-outcomes.ts";

/** Writes outcomes. Gives how many were written: the others were no longer this engine's to settle, or already settled. */
export async function settleDeliveries(
  pool: Pool,
  engineId: string,
  settlements: readonly Settlement[],
): Promise<number> {
  const written = await settle(pool, engineId, settlements);
  return written === settlements.length ? written : written + (await writeLateAttempts(pool, settlements));
}

async function settle(pool: Pool, engineId: string, settlements: readonly Settlement[]): Promise<number> {
  const firsts = settlements.filter(isFirstDelivery);
  if (firsts.length === 0) return settleAny(pool, engineId, settlements);
  const written = await writeFirstDeliveries(pool, engineId, firsts);
  if (written === undefined) return settleAny(pool, engineId, settlements);
  const others = settlements.filter((it) => !isFirstDelivery(it));
  return written + (await settleAny(pool, engineId, others));
}

/** Whatever the outcomes are. Where an ordered delivery has ended, the next of its order becomes due with the same commit. */
async function settleAny(pool: Pool, engineId: string, settlements: readonly Settlement[]): Promise<number> {
  if (settlements.length === 0) return 0;
  const endedKeys = settlements.flatMap(({ endpointId, orderingKey, end }) =>
    end !== null && orderingKey !== null ? [{ endpointId, orderingKey }] : [],
  );
  if (endedKeys.length === 0) return writeOutcomes(pool, engineId, settlements);
  return pool.inTransaction(async (tx) => {
    const written = await writeOutcomes(tx, engineId, settlements);
    await promoteNext(tx, endedKeys);
    return written;
  });
}
