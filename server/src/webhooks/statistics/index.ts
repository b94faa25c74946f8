export { type CountedAttempt, type CountedInterval, Counts, type Interval, intervalMs, intervals } from "./counts.ts";
export { describeHealth } from "./describe-health.ts";
export {
  countSilentTogether,
  type EndpointHealth,
  healthHolds,
  healthStates,
  healthThresholds,
  successRate,
  readEndpointHealth,
  readHealth,
} from "./health.ts";
export {
  addStatisticsPartitions,
  countOrphans,
  delayOf,
  deleteLaneReports,
  dropOldStatistics,
  type LaneHold,
  type LaneState,
  writeStatistics,
} from "./write-statistics.ts";
export {
  fittingInterval,
  type HistogramName,
  minuteDays,
  readEndpointIds,
  readStatistics,
  spanOf,
  startsIn,
  type Span,
  type StatisticsFilter,
} from "./read-statistics.ts";
export { type AttemptCounter, type OwnedLane, StatisticsRecorder } from "./recorder.ts";
