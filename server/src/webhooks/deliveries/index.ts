export type { AttemptOutcome } from "./attempt-outcome.ts";
