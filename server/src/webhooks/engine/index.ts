export type { AttemptLine, EngineLog, EngineNeeds, LaneStore, Sender } from "./store.ts";
export { postgresLaneStore } from "./store.ts";
export { followHints, startEngine, type RunningEngine } from "./engine.ts";
