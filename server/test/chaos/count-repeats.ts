import type { Fault } from "./faults.ts";
import type { ReceivedRequest } from "./received-request.ts";

/** Recording an outcome takes up to this long on a busy machine. */
const settleMs = 2000;

/**
 * After a failover the database may be older than the memory of an engine, so no heartbeat of its id is accepted, and it starts anew
 * when its lease has expired. The database may also have lost its last heartbeats, so that another engine claims its lanes earlier.
 */
const leaseMs = 10_000;

/** A request whose reused connection is closed within a second is sent again at once; on a busy machine it arrives later. */
const repeatedAtOnceMs = 3000;

/** An engine that finds silent connections in its pool has to wait for each. */
const silentMs = 30_000;

/**
 * Returns until when an attempt may have to be repeated. Ending or freezing an engine repeats its attempts in flight. An engine
 * without its database continues with the rows that it has read, and records their outcomes once the database answers.
 */
function explainsUntil({ kind, fromMs, untilMs }: Fault): number {
  switch (kind) {
    case "web killed":
    case "web frozen":
      return 0;
    case "engine killed":
    case "engine set to a wrong time and killed":
    case "engine frozen":
    case "all killed":
    case "connections cut":
      return fromMs + settleMs;
    case "database killed":
    case "disk full":
      return untilMs + settleMs;
    case "failover to a synchronous standby":
    case "failover to an asynchronous standby":
      return untilMs + leaseMs + settleMs;
    case "connections silent":
      return untilMs + silentMs;
  }
}

export interface Repeats {
  readonly repeated: number;
  /** Attempts that were in flight or not yet recorded, summed over the faults. */
  readonly bound: number;
  readonly wrong: readonly string[];
}

/**
 * A repeat is the same attempt once more. Each must have a fault that explains it, except one of an attempt whose receiver reset the
 * connection.
 */
export function countRepeats(received: readonly ReceivedRequest[], faults: readonly Fault[]): Repeats {
  const isExplainedBy = (request: ReceivedRequest, fault: Fault): boolean =>
    request.atMs <= explainsUntil(fault) && (request.endedAtMs ?? Infinity) >= fault.fromMs - settleMs;
  const attempts = Map.groupBy(
    received,
    ({ eventId, endpoint, attempt }) => `${eventId} ${endpoint} attempt ${attempt}`,
  );
  const wrong: string[] = [];
  let repeated = 0;
  for (const [key, group] of attempts) {
    let mayRepeatAtOnce = true;
    for (const [index, request] of group.entries()) {
      const before = group[index - 1];
      if (!before) continue;
      if (mayRepeatAtOnce && before.isReset && request.atMs - before.atMs < repeatedAtOnceMs) {
        mayRepeatAtOnce = false;
        continue;
      }
      mayRepeatAtOnce = true;
      repeated += 1;
      const isExplained = faults.some((fault) => isExplainedBy(before, fault) && request.atMs > fault.fromMs);
      if (!isExplained)
        wrong.push(`${key}: repeated after ${Math.round(request.atMs - before.atMs)} ms without a cause`);
    }
  }
  const bound = faults.reduce(
    (sum, fault) => sum + received.filter((request) => isExplainedBy(request, fault)).length,
    0,
  );
  if (repeated > bound) wrong.push(`${repeated} repeats are more than the ${bound} that were in flight`);
  return { repeated, bound, wrong };
}
