export { countReplayable } from "./find-replayable.ts";
export { deleteOldReplays } from "./delete-old-replays.ts";
export { progressOf, type Replay, type ReplayCounts, type ReplayKind, type ReplayRange } from "./replay.ts";
export { cancelReplay, listReplays, readReplay, startReplay } from "./replays-table.ts";
export { workOnReplay } from "./work-on-replay.ts";
