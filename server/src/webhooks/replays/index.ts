export {
  type Replay,
  type ReplayCounts,
  type ReplayRange,
  cancelReplay,
  deleteOldReplays,
  listReplays,
  progressOf,
  readReplay,
  startReplay,
} from "./replays.ts";
export { countReplayable, resendEvents, workOnReplay } from "./run-replay.ts";
