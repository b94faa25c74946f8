export type { AttemptOutcome } from "./attempt-outcome.ts";
export { bodyFormatOf, contentTypeOf, isBinaryCloudEvent, type BodyFormat } from "./body-format.ts";
export { decideGate, type Gate } from "./decide-gate.ts";
export { deliveryId, parseDeliveryId, type Delivery, type DeliveryState } from "./delivery.ts";
export { contextOf, type EventContext } from "./event-context.ts";
export { everyAttempt } from "./every-attempt.ts";
export { failingNow, readFailureHorizon } from "./failure-horizon.ts";
export { followAttempts, type AttemptCursor, type FollowedAttempt } from "./follow-attempts.ts";
export { liftHold } from "./lift-hold.ts";
export { listDeliveries, type DeliveryFilter } from "./list-deliveries.ts";
export { orderingKeyOf } from "./ordering-key.ts";
export { planDeliveries, type PlannedDelivery } from "./plan-deliveries.ts";
export { promoteNext } from "./promote-next.ts";
export { readDelivery, type Attempt, type DeliveryInFull } from "./read-delivery.ts";
export { cancelDelivery, insertDelivery, retryDelivery } from "./retry-delivery.ts";
export { reviveDeliveries, type DeliveryToRevive } from "./revive-deliveries.ts";
export { skipDelivery } from "./skip-delivery.ts";

export { beatHeart, deleteDeadEngines, deleteEndedEngines, deleteEngine, insertEngine } from "./engines-table.ts";
export { findDueLanes, type DueLanes } from "./find-due-lanes.ts";
export { countHeld, measureDue, measureProviderLag, type DueMeasure } from "./measure-due.ts";
export {
  readDueDeliveries,
  startOfLane,
  type DueDelivery,
  type LaneCursor,
  type LaneToRead,
} from "./read-due-deliveries.ts";
export { readRuns, type RunToRead } from "./read-runs.ts";
export { Horizon, sampleTransactions, type TransactionSample } from "./read-horizon.ts";
export { errorOf, nextStep, retryAfterSeconds, type NextStep, type RetryPolicy } from "./retry-policy.ts";
export { settleDeliveries } from "./settle-deliveries.ts";
export type { Settlement } from "./settlement.ts";
export {
  confirmLanes,
  releaseLanes,
  takeLanes,
  type HeldLane,
  type ReleasedLane,
  type TakenLane,
} from "./take-lanes.ts";
