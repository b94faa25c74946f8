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
export { countReplayable, workOnReplay } from "./run-replay.ts";
