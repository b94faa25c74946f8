export type { AttemptOutcome } from "./attempt-outcome.ts";
export { bodyFormatOf, contentTypeOf, type BodyFormat } from "./body-format.ts";
export { decideGate, type Gate } from "./decide-gate.ts";
export { planDeliveries, type PlannedDelivery } from "./plan-deliveries.ts";
