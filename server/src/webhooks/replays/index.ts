export {
  type Replay,
  type ReplayCounts,
  type ReplayRange,
  cancelReplay,
  cancelReplaysOf,
  deleteOldReplays,
  listReplays,
  progressOf,
  readReplay,
  startReplay,
} from "./replays.ts";
export { countReplayable, resendEvents, workOnReplay } from "./run-replay.ts";
