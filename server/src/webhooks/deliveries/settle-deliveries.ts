import type { Pool } from "#platform/database/database.ts";

import { promoteNext } from "./promote-next.ts";
import type { Settlement } from "./settlement.ts";
import { hasEndedBefore, isFirstDelivery, writeFirstDeliveries } from "./write-first-deliveries.ts";
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

/**
 * Outcomes with an order go together: if one were recorded before the one ahead of it, a crash in between would send them again
 * in the wrong order.
 */
async function settle(pool: Pool, engineId: string, settlements: readonly Settlement[]): Promise<number> {
  const [ordered = [], unordered = []] = divide(settlements, (it) => it.orderingKey !== null);
  const [firsts = [], others = []] = divide(unordered, isFirstDelivery);
  const settleUnordered: Settle = (all, write) => write(pool, engineId, all);
  const settleOrdered: Settle = (all, write) => settleInOrder(pool, engineId, all, write);
  return (
    (await settleFirsts(firsts, settleUnordered)) +
    (others.length > 0 ? await settleUnordered(others, writeOutcomes) : 0) +
    (ordered.every(isFirstDelivery)
      ? await settleFirsts(ordered, settleOrdered)
      : await settleOrdered(ordered, writeOutcomes))
  );
}

type Write = typeof writeOutcomes;
type Settle = (settlements: readonly Settlement[], write: Write) => Promise<number>;

async function settleFirsts(firsts: readonly Settlement[], settleWith: Settle): Promise<number> {
  if (firsts.length === 0) return 0;
  try {
    return await settleWith(firsts, writeFirstDeliveries);
  } catch (error) {
    if (hasEndedBefore(error)) return settleWith(firsts, writeOutcomes);
    throw error;
  }
}

/** Where a delivery has ended, the next one of its key becomes due with the same commit. */
async function settleInOrder(
  pool: Pool,
  engineId: string,
  settlements: readonly Settlement[],
  write: Write,
): Promise<number> {
  const endedKeys = settlements.flatMap(({ endpointId, orderingKey, end }) =>
    end !== null && orderingKey !== null ? [{ endpointId, orderingKey }] : [],
  );
  return pool.inTransaction(async (tx) => {
    const [written] = await Promise.all([write(tx, engineId, settlements), promoteNext(tx, endedKeys)]);
    return written;
  });
}

const divide = <Item>(items: readonly Item[], isOfFirst: (item: Item) => boolean): readonly Item[][] => [
  items.filter(isOfFirst),
  items.filter((item) => !isOfFirst(item)),
];
