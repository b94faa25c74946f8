import { expect, test } from "vitest";
import {
  type AlertKind,
  type AlertPhase,
  type Condition,
  type Reading,
  conditionError,
  decide,
  classifyReading,
} from "./alerts.ts";

const condition = (change: Partial<Condition> = {}): Condition => ({
  kind: "success_rate",
  threshold: 0.5,
  clearThreshold: 0.9,
  forSeconds: 120,
  clearForSeconds: 180,
  ...change,
});

test.each<readonly [AlertKind, number | null, number | null, Reading, string]>([
  ["success_rate", 0.5, 0.9, 0.49, "problem"],
  ["success_rate", 0.5, 0.9, 0.5, "between"],
  ["success_rate", 0.5, 0.9, 0.89, "between"],
  ["success_rate", 0.5, 0.9, 0.9, "recovery"],
  ["success_rate", 0.5, 0.9, null, "unknown"],
  ["latency_p95", 1000, 500, 1001, "problem"],
  ["latency_p95", 1000, 500, 1000, "between"],
  ["latency_p95", 1000, 500, 500, "recovery"],
  ["oldest_waiting", 3600, 600, 0, "recovery"],
  ["certificate", 14, 15, 13.9, "problem"],
  ["certificate", 14, 15, -3, "problem"],
  ["certificate", 14, 15, 15, "recovery"],
  ["disabled", null, null, 1, "problem"],
  ["disabled", null, null, 0, "recovery"],
  ["exhausted", null, null, null, "unknown"],
])(
  "%s with threshold %j and clear threshold %j classifies %j as %s",
  (kind, threshold, clearThreshold, reading, verdict) => {
    expect(classifyReading(condition({ kind, threshold, clearThreshold }), reading)).toBe(verdict);
  },
);

test.each([
  ["pending", "opened", 0.1, 120],
  ["clearing", "closed", 1, 180],
] as const)(
  "a clock that was set back prolongs a %s phase by no more than its time",
  (state, transition, reading, seconds) => {
    const setBack = { condition: condition(), reading, now: atMinute(0) };
    const { phase } = decide({ state, since: atMinute(600) }, setBack);
    expect(phase).toEqual({ state, since: atMinute(0) });
    expect(decide(phase, { ...setBack, now: atMinute(seconds / 60) }).transition).toBe(transition);
  },
);

const startMs = Date.parse("2026-03-01T09:00:00Z");
const atMinute = (minute: number): Date => new Date(startMs + minute * 60_000);

/** Runs one reading per minute, and returns the phase's state with the transition of each minute. */
function run(readings: readonly Reading[], change: Partial<Condition> = {}): readonly string[] {
  let phase: AlertPhase | undefined;
  return readings.map((reading, minute) => {
    const decision = decide(phase, { condition: condition(change), reading, now: atMinute(minute) });
    ({ phase } = decision);
    return [phase?.state ?? "fine", decision.transition].filter((word) => word !== undefined).join(" ");
  });
}

interface Course {
  readonly guarantee: string;
  readonly readings: readonly Reading[];
  readonly states: readonly string[];
  readonly change?: Partial<Condition>;
}

const course = (
  guarantee: string,
  readings: readonly Reading[],
  states: readonly string[],
  change: Partial<Condition> = {},
): Course => ({ guarantee, readings, states, change });

test.each<Course>([
  course(
    "a problem opens an alert after its duration",
    [0.1, 0.1, 0.1, 0.1],
    ["pending", "pending", "open opened", "open"],
  ),
  course("a short problem opens no alert", [0.1, 0.1, 0.6, 0.1], ["pending", "pending", "fine", "pending"]),
  course("an unknown reading resets a pending problem", [0.1, null, 0.1], ["pending", "fine", "pending"]),
  course(
    "a recovery closes the alert after its duration",
    [0.1, 0.1, 0.1, 1, 1, 1, 1],
    ["pending", "pending", "open opened", "clearing", "clearing", "clearing", "fine closed"],
  ),
  course(
    "a metric that flaps around the threshold opens one alert and closes none",
    [0.1, 0.1, 0.1, 0.6, 0.4, 0.6, 1, 0.4, 1, 0.4],
    ["pending", "pending", "open opened", "open", "open", "open", "clearing", "open", "clearing", "open"],
  ),
  course(
    "unknown readings keep an alert open",
    [0.1, 0.1, 0.1, null, null, null, null, null],
    ["pending", "pending", "open opened", "open", "open", "open", "open", "open"],
  ),
  course("without durations, an alert opens and closes at once", [1, 1, 0], ["open opened", "open", "fine closed"], {
    kind: "disabled",
    threshold: null,
    clearThreshold: null,
    forSeconds: 0,
    clearForSeconds: 0,
  }),
])("$guarantee", ({ readings, states, change }) => {
  expect(run(readings, change)).toEqual(states);
});

test.each<readonly [Partial<Condition>, string | undefined]>([
  [{}, undefined],
  [{ threshold: 0.95 }, "must not be lower than the threshold"],
  [{ threshold: 1.5 }, "must be between 0 and 1"],
  [{ clearThreshold: 1.5 }, "must be between 0 and 1"],
  [{ threshold: null }, "is required for this kind"],
  [{ kind: "latency_p95", threshold: 500, clearThreshold: 900 }, "must not be higher than the threshold"],
  [{ kind: "latency_p95", threshold: 500, clearThreshold: 500 }, undefined],
  [{ kind: "latency_p95", threshold: -1, clearThreshold: -1 }, "must not be negative"],
  [{ kind: "latency_p95", threshold: 500, clearThreshold: -1 }, "must not be negative"],
  [{ kind: "certificate", threshold: 1e21, clearThreshold: 1e21 }, "must not be greater than 1,000,000,000"],
  [{ kind: "certificate", threshold: 14, clearThreshold: 1e21 }, "must not be greater than 1,000,000,000"],
  [{ kind: "certificate", threshold: 1e9, clearThreshold: 1e9 }, undefined],
  [{ kind: "disabled" }, "must be null for this kind"],
  [{ kind: "disabled", threshold: null, clearThreshold: null }, undefined],
])("the condition %j has the error %j", (change, error) => {
  expect(conditionError(condition(change))).toBe(error);
});
