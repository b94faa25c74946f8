export { type CountedAttempt, Counts, type Interval, intervalMs, intervals } from "./counts.ts";
export { describeHealth } from "./describe-health.ts";
export {
  type EndpointHealth,
  type HealthState,
  healthHolds,
  healthStates,
  healthThresholds,
  successRate,
} from "./health.ts";
export { countOrphans } from "./orphans.ts";
export { addStatisticsPartitions, dropOldStatistics } from "./partitions.ts";
export { readEndpointHealth, readHealth } from "./read-health.ts";
export {
  type CountedInterval,
  type HistogramName,
  type StatisticsFilter,
  fittingInterval,
  minuteDays,
  readEndpointIds,
  readStatistics,
  spanOf,
  startsIn,
} from "./read-statistics.ts";
export { type AttemptCounter, type OwnedLane, type TransactionRange, StatisticsRecorder } from "./recorder.ts";
export { delayOf } from "./uncounted.ts";
export { type LaneHold, type LaneState, writeStatistics } from "./write-statistics.ts";
