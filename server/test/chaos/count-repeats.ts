import type { Disturbance, Kind } from "./disturbances.ts";
import type { ReceivedRequest } from "./received-request.ts";

/** An answer is on its way into the database for this long, on a machine that does other things as well. */
const settleMs = 2000;

/**
 * For how long after its end a disturbance may still cost repeats. An engine that has lost its database goes on with what it has at
 * hand until its lease has run out, and one that finds silent connections in its pool has to wait for each.
 */
const aftermathMs: Readonly<Record<Kind, number>> = {
  "web killed": 0,
  "engine killed": settleMs,
  "database killed": 15_000,
  "all killed": 15_000,
  "engine frozen": settleMs,
  "connections cut": settleMs,
  "connections silent": 30_000,
  "disk full": 15_000,
};

export interface Repeats {
  readonly repeated: number;
  /** What was in flight, or answered and not yet written down, summed over the disturbances. */
  readonly bound: number;
  readonly wrong: readonly string[];
}

/** A repeat is the same attempt once more. Each must have a disturbance that explains it. */
export function countRepeats(received: readonly ReceivedRequest[], disturbances: readonly Disturbance[]): Repeats {
  const costly = disturbances.filter(({ kind }) => kind !== "web killed");
  const isHitBy = (request: ReceivedRequest, { kind, fromMs, untilMs }: Disturbance): boolean =>
    request.atMs <= untilMs + aftermathMs[kind] && (request.endedAtMs ?? Infinity) >= fromMs - settleMs;
  const attempts = Map.groupBy(received, (it) => `${it.eventId} ${it.endpoint} attempt ${it.attempt}`);
  const wrong: string[] = [];
  let repeated = 0;
  for (const [key, its] of attempts) {
    for (const [index, request] of its.entries()) {
      const before = its[index - 1];
      if (!before) continue;
      repeated += 1;
      const isExplained = costly.some((it) => isHitBy(before, it) && request.atMs > it.fromMs);
      if (!isExplained)
        wrong.push(`${key}: repeated after ${Math.round(request.atMs - before.atMs)} ms without a cause`);
    }
  }
  const bound = costly.reduce((sum, it) => sum + received.filter((request) => isHitBy(request, it)).length, 0);
  if (repeated > bound) wrong.push(`${repeated} repeats are more than the ${bound} that were in flight`);
  return { repeated, bound, wrong };
}
