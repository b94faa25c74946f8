import { deliveryKey } from "./lane-store-model.ts";
import type { ObservedAttempt, AttemptMonitor } from "./attempt-monitor.ts";

/** Guarantees of the engine about each attempt, checked when it begins. */
export const promises = {
  "a stopped or killed process sends nothing": ({ process }) => process.state === "running" && !process.hasStopped,

  "only the owner of a lane sends, while its lease holds in the database": ({ process, owner }, { model }) =>
    owner === process.engineId && model.isAlive(owner),

  "an engine sends nothing once its last heartbeat is too old on its own clock": ({ process }, { time, leaseMs }) =>
    time.nowMs - process.heartbeatAtMs < leaseMs * 0.8,

  "every attempt is due or next in its ordering key, and follows the recorded attempts": (
    { key, attempt },
    { model },
  ) => {
    const row = model.due.get(key);
    if (!row) return model.cancelled.has(key); // cancelled after it was read
    const isNext = row.dueAt === "infinity"; // the ordering guarantee decides whether it is its turn
    return row.attemptsMade === attempt - 1 && (isNext || row.dueAt <= model.moment(model.nowMs));
  },

  "a delivery that was recorded for a paused endpoint is not sent during the pause": (
    { endpointId, key },
    { model },
  ) => {
    const endpoint = model.endpoints.get(endpointId);
    return endpoint?.state === "enabled" || model.due.get(key)?.endpointVersion !== endpoint?.version;
  },

  "an attempt is made with settings no older than those with which its delivery was read": ({
    process,
    key,
    version,
  }) => version >= (process.versionsRead.get(key) ?? 0),

  "a retry waits from the end of the previous attempt": (observed, monitor) => {
    const waits = monitor.model.endpoints.get(observed.endpointId)?.retryWaitsSeconds ?? [];
    const before = monitor
      .of(observed.endpointId)
      .findLast((other) => other.key === observed.key && other.attempt < observed.attempt);
    if (!before || monitor.madeDueManually.has(observed.key)) return true;
    const waitMs = (waits[before.attempt - 1] ?? 0) * 1000;
    return before.endedAtMs === undefined || observed.atMs - before.endedAtMs >= waitMs;
  },

  "only a new owner of the lane repeats an attempt": (observed, monitor) =>
    !monitor
      .of(observed.endpointId)
      .some(
        (other) => other.key === observed.key && other.attempt === observed.attempt && other.epoch === observed.epoch,
      ),

  "a delivery is never in flight twice under one owner": (observed, monitor) =>
    !monitor
      .of(observed.endpointId)
      .some((other) => other.key === observed.key && other.endedAtMs === undefined && other.epoch === observed.epoch),

  "a process has at most max_in_flight requests open to an endpoint, across owners of its lane": (
    observed,
    monitor,
  ) => {
    const max = monitor.model.endpoints.get(observed.endpointId)?.maxInFlight ?? Number.POSITIVE_INFINITY;
    const others = monitor
      .of(observed.endpointId)
      .filter(
        (other) =>
          other.endedAtMs === undefined && (other.process === observed.process || other.epoch === observed.epoch),
      );
    return others.length < max;
  },

  "an endpoint gets at most max_per_second requests in any second, across owners of its lane": (observed, monitor) => {
    const perSecond = monitor.model.endpoints.get(observed.endpointId)?.maxPerSecond ?? Number.POSITIVE_INFINITY;
    return monitor.of(observed.endpointId).filter((other) => observed.atMs - other.atMs < 1000).length < perSecond;
  },

  "nothing is sent during a pause that the receiver requested": ({ endpointId, epoch, atMs }, { pausedUntilMs }) =>
    atMs >= (pausedUntilMs.get(`${endpointId} ${epoch}`) ?? 0),

  "an ordered delivery is sent after all earlier ones have ended, as recorded or as seen by the lane's owner": (
    { key, endpointId, epoch, process },
    monitor,
  ) => {
    const row = monitor.model.due.get(key);
    if (!row || row.orderingKey === null) return true;
    const ahead = [...monitor.model.due].filter(
      ([, other]) =>
        other.endpointId === endpointId &&
        other.orderingKey === row.orderingKey &&
        other.context.sequence < row.context.sequence &&
        !monitor.madeDueManually.has(deliveryKey(other)), // a replayed delivery joins the sequence within a second
    );
    const last = (otherKey: string): ObservedAttempt | undefined =>
      monitor.of(endpointId).findLast((observed) => observed.key === otherKey && observed.epoch === epoch);
    return ahead.every(([otherKey]) => last(otherKey)?.process === process && last(otherKey)?.isLast === true);
  },

  "no delivery is repeated after a later one of its ordering key is recorded as ended": (
    { key, endpointId },
    monitor,
  ) => {
    const row = monitor.model.due.get(key);
    if (!row || row.orderingKey === null || monitor.madeDueManually.has(key)) return true;
    return ![...monitor.model.ended].some(
      ([otherKey, { row: other }]) =>
        other.endpointId === endpointId &&
        other.orderingKey === row.orderingKey &&
        other.context.sequence > row.context.sequence &&
        !monitor.madeDueManually.has(otherKey),
    );
  },

  "a new owner resumes an ordering key at its last recorded delivery, and repeats at most 256": (observed, monitor) => {
    const row = monitor.model.due.get(observed.key);
    if (!row || row.orderingKey === null) return true;
    const unrecorded = [...monitor.model.due].filter(
      ([key, other]) =>
        other.endpointId === observed.endpointId &&
        other.orderingKey === row.orderingKey &&
        monitor.of(observed.endpointId).some((before) => before.key === key && before.isLast),
    );
    return unrecorded.length <= 256;
  },

  "a receiver host without a response within a second so far has few attempts of a process in flight": (
    { process, endpointId },
    monitor,
  ) => {
    const observedAttempts = monitor.toHost(process, endpointId);
    // Slow receivers may use an eighth.
    const max = Math.max(3, Math.floor(monitor.inFlightMax / 8));
    return (
      observedAttempts.some(({ wasQuick }) => wasQuick) ||
      observedAttempts.filter((other) => other.endedAtMs === undefined).length < max
    );
  },

  "a process has at most its slots in flight, not counting first attempts without a response for 200 ms": (
    { process, atMs },
    monitor,
  ) => {
    const observedAttempts = monitor.inFlight(process);
    const holdSlots = observedAttempts.filter(({ isFirst, atMs: sinceMs }) => !isFirst || atMs - sinceMs <= 200);
    return holdSlots.length < monitor.inFlightMax && observedAttempts.length < 5 * monitor.inFlightMax;
  },
} satisfies Record<string, (observed: ObservedAttempt, monitor: AttemptMonitor) => boolean>;
