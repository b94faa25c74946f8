export {
  type HeldEndpoint,
  type HeldFilter,
  countHeldEndpoints,
  listHeldEndpoints,
  releaseHeldEndpoint,
  skipHeldDeliveries,
} from "./after-restore.ts";
export { type DeliveryKeys, cancelDeliveries, deleteSelectedFailures, retryDeliveries } from "./bulk-transitions.ts";
export {
  type AttemptPhase,
  type AttemptTrace,
  type RecordedTrace,
  connectionKinds,
  decodeTrace,
  encodeTrace,
} from "./attempt-trace.ts";
export {
  type DueDelivery,
  type DueMeasure,
  Horizon,
  type LaneCursor,
  type LaneToRead,
  type RunToRead,
  type TransactionSample,
  countHeld,
  measureDue,
  measureProviderLag,
  readDueDeliveries,
  readRuns,
  sampleTransactions,
  startOfLane,
} from "./due.ts";
export {
  type FailureDeletion,
  extendDeletion,
  purgeDeletedFailures,
  restoreBatch,
  undoDeletion,
  undoSeconds,
} from "./deleted-failures.ts";
export { eraseDeliveries, hasPendingDeliveries } from "./erase-deliveries.ts";
export { deleteFailures, deleteFailuresForUndo, retryFailures } from "./failure-batches.ts";
export {
  type FailureGroup,
  countMutedFailures,
  deleteExpiredMutes,
  failureClasses,
  listFailureGroups,
  muteFailureGroup,
  type FailureCause,
  groupIdOf,
  readErrors,
  totalOf,
  unmuteFailureGroup,
} from "./failure-causes.ts";
export {
  type Failure,
  type FailureFilter,
  type FailurePage,
  type Reencrypted,
  allFailures,
  countAllFailures,
  countFailures,
  countStrandedFailures,
  listFailures,
  reencryptFailures,
  type FailureCriteria,
  countFailuresByError,
  findFailures,
  selectFailures,
} from "./failures.ts";
export {
  type HistoryDays,
  addComingDays,
  advanceRetention,
  readHistoryDays,
  readRetentionBehind,
  retireExpiredDays,
} from "./history.ts";
export {
  type ClaimedLane,
  type DueLanes,
  type OwnedLane,
  type ReleasedLane,
  claimLanes,
  deleteDeadEngines,
  deleteEndedEngines,
  deleteEngine,
  findDueLanes,
  insertLane,
  insertEngine,
  recordHeartbeat,
  releaseLanes,
  resetLaneFailures,
  verifyOwnership,
} from "./lanes.ts";
export {
  type BodyFamily,
  type BodyFormat,
  type EventContext,
  bodyFormatOf,
  contentTypeOf,
  contextOf,
  isBinaryCloudEvent,
} from "./payload.ts";
export { type ErrorClass, type OutcomeClass, errorClassOf, outcomeClassOf, outcomeClasses } from "./outcome-class.ts";
export { type Ordering, type PlannedDelivery, orderingKeyOf, planDeliveries } from "./plan.ts";
export {
  type Attempt,
  type Delivery,
  type DeliveryDetails,
  type DeliveryState,
  type FollowedAttempt,
  deliveryId,
  everyAttempt,
  followAttempts,
  listDeliveries,
  parseDeliveryId,
  readDelivery,
} from "./read-deliveries.ts";
export {
  type AttemptOutcome,
  type NextStep,
  type SuccessRule,
  errorOf,
  nextStep,
  retryAfterSeconds,
} from "./retry-policy.ts";
export { type Settled, type Settlement, settleDeliveries } from "./settle.ts";
export {
  type BacklogQuota,
  type DeliveryToRepeat,
  cancelDeliveriesOf,
  cancelDelivery,
  insertDelivery,
  limitBacklogs,
  makeDueAgain,
  retryDelivery,
  skipDelivery,
  unskipDelivery,
} from "./transitions.ts";
export { type WaitingDeliveries, countWaiting, countedMax } from "./waiting.ts";
