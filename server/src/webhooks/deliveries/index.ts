export {
  type BacklogQuota,
  countedMax,
  countHeld,
  countHeldEndpoints,
  countWaiting,
  type DueMeasure,
  type HeldEndpoint,
  type HeldFilter,
  limitBacklogs,
  listHeldEndpoints,
  measureDue,
  measureProviderLag,
  type ProviderLag,
  releaseHeldEndpoint,
  skipHeldDeliveries,
  type EndpointBacklog,
} from "./backlog.ts";
export { deleteSelectedFailures, retryDeliveries } from "./bulk-transitions.ts";
export { type AttemptTrace, connectionKinds, decodeTrace, encodeTrace, type RecordedTrace } from "./attempt-trace.ts";
export {
  type DueDelivery,
  Horizon,
  type LaneCursor,
  type LaneToRead,
  readDueDeliveries,
  type ReadLimits,
  readRuns,
  type RunToRead,
  sampleTransactions,
  startOfLane,
  type TransactionSample,
} from "./due.ts";
export { deleteFailures, deleteFailuresForUndo, type FailureFilter, retryFailures } from "./failure-batches.ts";
export {
  extendDeletion,
  type FailureDeletion,
  purgeDeletedFailures,
  restoreBatch,
  undoDeletion,
  undoSeconds,
} from "./failure-deletions.ts";
export { eraseDeliveries, hasPendingDeliveries } from "./erase-deliveries.ts";
export {
  type HintedRows,
  hintedRowsChannel,
  parseHintedRows,
  type Ordering,
  objectOf,
  orderingKeyOf,
  planDeliveries,
  type PlannedDelivery,
} from "./plan.ts";
export {
  countMutedFailures,
  deleteExpiredMutes,
  type FailureCause,
  failureClasses,
  type FailureGroup,
  groupIdOf,
  listFailureGroups,
  muteFailureGroup,
  readErrors,
  totalOf,
  unmuteFailureGroup,
} from "./failure-causes.ts";
export {
  allFailures,
  countAllFailures,
  countFailures,
  countFailuresByError,
  countStrandedFailures,
  type Failure,
  type FailureCriteria,
  type FailurePage,
  listFailures,
  selectFailures,
} from "./failures.ts";
export {
  addComingDays,
  advanceRetention,
  type HistoryDays,
  readHistoryDays,
  readRetentionBehind,
  retireExpiredDays,
} from "./history.ts";
export {
  type ClaimedLane,
  claimLanes,
  deleteDeadEngines,
  deleteEndedEngines,
  deleteEngine,
  type DueLanes,
  findDueLanes,
  insertEngine,
  endpointsWithDue,
  heartbeatDistance,
  insertLane,
  type LaneEpoch,
  recordHeartbeat,
  type ReleasedLane,
  releaseLanes,
  resetLaneFailures,
  verifyOwnership,
} from "./lanes.ts";
export {
  bodyFamilies,
  type BodyFamily,
  type BodyFormat,
  bodyFormatOf,
  contentTypeOf,
  contextOf,
  type EventContext,
  isBinaryCloudEvent,
  type RecordedPayload,
} from "./payload.ts";
export {
  type AttemptOutcome,
  type ErrorClass,
  errorClassOf,
  errorOf,
  nextStep,
  type NextStep,
  type OutcomeClass,
  outcomeClasses,
  outcomeClassOf,
  retryAfterSeconds,
  type SuccessRule,
} from "./retry-policy.ts";
export {
  type Attempt,
  type Delivery,
  type DeliveryDetails,
  deliveryId,
  type DeliveryState,
  everyAttempt,
  followAttempts,
  type FollowedAttempt,
  listDeliveries,
  parseDeliveryId,
  readDelivery,
} from "./read-deliveries.ts";
export { type Reencrypted, reencryptFailures } from "./reencrypt-failures.ts";
export { lockKeysOfObjects } from "./lock-order.ts";
export { attemptNumberMax, type Settled, settleDeliveries, type Settlement } from "./settle.ts";
export {
  cancelDeliveries,
  cancelDeliveriesOfDeleted,
  cancelDelivery,
  type DeliveryKey,
  type DeliveryKeys,
  type DeliveryToRepeat,
  insertDelivery,
  makeDueAgain,
  type PreviousState,
  retryDelivery,
  skipDelivery,
  unskipDelivery,
} from "./transitions.ts";
