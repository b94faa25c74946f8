export type { AttemptLine, EngineLog, EngineNeeds, LaneStore, Sender } from "./engine-needs.ts";
export { postgresLaneStore } from "./postgres-lane-store.ts";
export { startEngine, type RunningEngine } from "./run-engine.ts";
