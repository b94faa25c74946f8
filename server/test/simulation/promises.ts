import { deliveryKey } from "./lane-store-model.ts";
import type { ObservedAttempt, AttemptMonitor } from "./attempt-monitor.ts";

/** Guarantees of the engine about each attempt, checked when it begins. */
export const promises = {
  "a stopped or killed process sends nothing": ({ process }) => process.state === "running" && !process.hasStopped,

  "only the owner of a lane sends, while its lease holds in the database": ({ process, owner }, { model }) =>
    owner === process.engineId && model.isAlive(owner),

  "an engine sends nothing once its last heartbeat is too old on its own clock": ({ process }, { time, leaseMs }) =>
    time.nowMs - process.heartbeatAtMs < leaseMs * 0.8,

  "every attempt is due or the next in its order, and follows the recorded attempts": ({ key, attempt }, { model }) => {
    const row = model.due.get(key);
    if (!row) return model.cancelled.has(key); // cancelled after it was read
    const isNext = row.dueAt === "infinity"; // the ordering guarantee decides whether it is its turn
    return row.attemptsMade === attempt - 1 && (isNext || row.dueAt <= model.moment(model.nowMs));
  },

  "a delivery is not sent while its endpoint is off since before it was recorded": ({ endpointId, key }, { model }) => {
    const endpoint = model.endpoints.get(endpointId);
    return endpoint?.state === "enabled" || model.due.get(key)?.endpointVersion !== endpoint?.version;
  },

  "a retry waits from the end of the previous attempt": (observed, monitor) => {
    const waits = monitor.model.endpoints.get(observed.endpointId)?.retryWaitsSeconds ?? [];
    const before = monitor
      .of(observed.endpointId)
      .findLast((one) => one.key === observed.key && one.attempt < observed.attempt);
    if (!before || monitor.madeDueManually.has(observed.key)) return true;
    const waitMs = (waits[before.attempt - 1] ?? 0) * 1000;
    return before.endedAtMs === undefined || observed.atMs - before.endedAtMs >= waitMs;
  },

  "only a new owner of the lane repeats an attempt": (observed, monitor) =>
    !monitor
      .of(observed.endpointId)
      .some((one) => one.key === observed.key && one.attempt === observed.attempt && one.epoch === observed.epoch),

  "a delivery is never in flight twice under one owner": (observed, monitor) =>
    !monitor
      .of(observed.endpointId)
      .some((one) => one.key === observed.key && one.endedAtMs === undefined && one.epoch === observed.epoch),

  "an endpoint has no more requests of a process open than it allows, whoever owns the lane": (observed, monitor) => {
    const most = monitor.model.endpoints.get(observed.endpointId)?.maxInFlight ?? Number.POSITIVE_INFINITY;
    const others = monitor
      .of(observed.endpointId)
      .filter(
        (one) => one.endedAtMs === undefined && (one.process === observed.process || one.epoch === observed.epoch),
      );
    return others.length < most;
  },

  "an endpoint gets no more in any second than it allows, whoever owns the lane": (observed, monitor) => {
    const perSecond = monitor.model.endpoints.get(observed.endpointId)?.maxPerSecond ?? Number.POSITIVE_INFINITY;
    return monitor.of(observed.endpointId).filter((one) => observed.atMs - one.atMs < 1000).length < perSecond;
  },

  "a receiver that asked for a pause gets it": ({ endpointId, epoch, atMs }, { pausedUntilMs }) =>
    atMs >= (pausedUntilMs.get(`${endpointId} ${epoch}`) ?? 0),

  "an ordered delivery is sent after all predecessors have ended, as recorded or as seen by this owner of the lane": (
    { key, endpointId, epoch, process },
    monitor,
  ) => {
    const row = monitor.model.due.get(key);
    if (!row || row.orderingKey === null) return true;
    const ahead = [...monitor.model.due].filter(
      ([, one]) =>
        one.endpointId === endpointId &&
        one.orderingKey === row.orderingKey &&
        one.context.sequence < row.context.sequence &&
        !monitor.madeDueManually.has(deliveryKey(one)), // a replayed delivery takes its place in the order within a second
    );
    const last = (one: string): ObservedAttempt | undefined =>
      monitor.of(endpointId).findLast((observed) => observed.key === one && observed.epoch === epoch);
    return ahead.every(([one]) => last(one)?.process === process && last(one)?.isLast === true);
  },

  "no delivery is repeated after a successor in its order is recorded as ended": ({ key, endpointId }, monitor) => {
    const row = monitor.model.due.get(key);
    if (!row || row.orderingKey === null || monitor.madeDueManually.has(key)) return true;
    return ![...monitor.model.ended].some(
      ([one, { row: other }]) =>
        other.endpointId === endpointId &&
        other.orderingKey === row.orderingKey &&
        other.context.sequence > row.context.sequence &&
        !monitor.madeDueManually.has(one),
    );
  },

  "after a change of owners, an order continues at its last recorded delivery: at most 256 are repeated": (
    observed,
    monitor,
  ) => {
    const row = monitor.model.due.get(observed.key);
    if (!row || row.orderingKey === null) return true;
    const unrecorded = [...monitor.model.due].filter(
      ([key, one]) =>
        one.endpointId === observed.endpointId &&
        one.orderingKey === row.orderingKey &&
        monitor.of(observed.endpointId).some((before) => before.key === key && before.isLast),
    );
    return unrecorded.length <= 256;
  },

  "a host without an answer within a second so far has few attempts of a process in flight": (
    { process, endpointId },
    monitor,
  ) => {
    const observedAttempts = monitor.toHost(process, endpointId);
    // Slow receivers may use an eighth.
    const most = Math.max(3, Math.floor(monitor.inFlightMax / 8));
    return (
      observedAttempts.some(({ wasQuick }) => wasQuick) ||
      observedAttempts.filter((one) => one.endedAtMs === undefined).length < most
    );
  },

  "a process has no more in flight than its slots, not counting first attempts unanswered for 200 ms": (
    { process, atMs },
    monitor,
  ) => {
    const observedAttempts = monitor.inFlight(process);
    const holdSlots = observedAttempts.filter(({ isFirst, atMs: sinceMs }) => !isFirst || atMs - sinceMs <= 200);
    return holdSlots.length < monitor.inFlightMax && observedAttempts.length < 5 * monitor.inFlightMax;
  },
} satisfies Record<string, (observed: ObservedAttempt, monitor: AttemptMonitor) => boolean>;
