import { deliveryKey } from "./lane-store-model.ts";
import type { Flight, SendWatch } from "./send-watch.ts";

/** Guarantees of the engine about each attempt, checked when it begins. */
export const promises = {
  "a stopped or killed process sends nothing": ({ process }) => process.state === "running" && !process.hasStopped,

  "only the owner of a lane sends, while its lease holds in the database": ({ process, owner }, { model }) =>
    owner === process.engineId && model.isAlive(owner),

  "an engine sends nothing once its last heartbeat is too old on its own clock": ({ process }, { time, leaseMs }) =>
    time.nowMs - process.provenAtMs < leaseMs * 0.8,

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

  "a retry waits from the end of the previous attempt": (flight, watch) => {
    const waits = watch.model.endpoints.get(flight.endpointId)?.retryWaitsSeconds ?? [];
    const before = watch
      .of(flight.endpointId)
      .findLast((one) => one.key === flight.key && one.attempt < flight.attempt);
    if (!before || watch.madeDueManually.has(flight.key)) return true;
    const waitMs = (waits[before.attempt - 1] ?? 0) * 1000;
    return before.endedAtMs === undefined || flight.atMs - before.endedAtMs >= waitMs;
  },

  "only a new owner of the lane repeats an attempt": (flight, watch) =>
    !watch
      .of(flight.endpointId)
      .some((one) => one.key === flight.key && one.attempt === flight.attempt && one.epoch === flight.epoch),

  "a delivery is never in flight twice under one owner": (flight, watch) =>
    !watch
      .of(flight.endpointId)
      .some((one) => one.key === flight.key && one.endedAtMs === undefined && one.epoch === flight.epoch),

  "an endpoint has no more requests of a process open than it allows, whoever owns the lane": (flight, watch) => {
    const most = watch.model.endpoints.get(flight.endpointId)?.maxInFlight ?? Number.POSITIVE_INFINITY;
    const others = watch
      .of(flight.endpointId)
      .filter((one) => one.endedAtMs === undefined && (one.process === flight.process || one.epoch === flight.epoch));
    return others.length < most;
  },

  "an endpoint gets no more in any second than it allows, whoever owns the lane": (flight, watch) => {
    const perSecond = watch.model.endpoints.get(flight.endpointId)?.maxPerSecond ?? Number.POSITIVE_INFINITY;
    return watch.of(flight.endpointId).filter((one) => flight.atMs - one.atMs < 1000).length < perSecond;
  },

  "a receiver that asked for a pause gets it": ({ endpointId, epoch, atMs }, { pausedUntilMs }) =>
    atMs >= (pausedUntilMs.get(`${endpointId} ${epoch}`) ?? 0),

  "an ordered delivery is sent after all predecessors have ended, as recorded or as seen by this owner of the lane": (
    { key, endpointId, epoch, process },
    watch,
  ) => {
    const row = watch.model.due.get(key);
    if (!row || row.orderingKey === null) return true;
    const ahead = [...watch.model.due].filter(
      ([, one]) =>
        one.endpointId === endpointId &&
        one.orderingKey === row.orderingKey &&
        one.context.sequence < row.context.sequence &&
        !watch.madeDueManually.has(deliveryKey(one)), // a replayed delivery takes its place in the order within a second
    );
    const last = (one: string): Flight | undefined =>
      watch.of(endpointId).findLast((flight) => flight.key === one && flight.epoch === epoch);
    return ahead.every(([one]) => last(one)?.process === process && last(one)?.isLast === true);
  },

  "no delivery is repeated after a successor in its order is recorded as ended": ({ key, endpointId }, watch) => {
    const row = watch.model.due.get(key);
    if (!row || row.orderingKey === null || watch.madeDueManually.has(key)) return true;
    return ![...watch.model.ended].some(
      ([one, { row: other }]) =>
        other.endpointId === endpointId &&
        other.orderingKey === row.orderingKey &&
        other.context.sequence > row.context.sequence &&
        !watch.madeDueManually.has(one),
    );
  },

  "after a change of owners, an order continues at its last recorded delivery: at most 256 are repeated": (
    flight,
    watch,
  ) => {
    const row = watch.model.due.get(flight.key);
    if (!row || row.orderingKey === null) return true;
    const unrecorded = [...watch.model.due].filter(
      ([key, one]) =>
        one.endpointId === flight.endpointId &&
        one.orderingKey === row.orderingKey &&
        watch.of(flight.endpointId).some((before) => before.key === key && before.isLast),
    );
    return unrecorded.length <= 256;
  },

  "a host without an answer within a second so far has few attempts of a process in flight": (
    { process, endpointId },
    watch,
  ) => {
    const flights = watch.toHost(process, endpointId);
    // Slow receivers may use an eighth.
    const most = Math.max(3, Math.floor(watch.inFlightMax / 8));
    return (
      flights.some(({ wasQuick }) => wasQuick) || flights.filter((one) => one.endedAtMs === undefined).length < most
    );
  },

  "a process has no more in flight than its slots, not counting first attempts unanswered for 200 ms": (
    { process, atMs },
    watch,
  ) => {
    const flights = watch.inFlight(process);
    const holdPlaces = flights.filter(({ isFirst, atMs: sinceMs }) => !isFirst || atMs - sinceMs <= 200);
    return holdPlaces.length < watch.inFlightMax && flights.length < 5 * watch.inFlightMax;
  },
} satisfies Record<string, (flight: Flight, watch: SendWatch) => boolean>;
