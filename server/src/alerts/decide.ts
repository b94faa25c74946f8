export const alertKindNames = [
  "success_rate",
  "latency_p95",
  "oldest_waiting",
  "certificate",
  "disabled",
  "exhausted",
] as const;

export type AlertKind = (typeof alertKindNames)[number];

interface AlertKindTraits {
  /** The side of the threshold that is a problem. `present`: the problem is there or not, without a threshold. */
  readonly problemSide: "below" | "above" | "present";
  readonly unit: "ratio" | "milliseconds" | "seconds" | "days" | "none";
}

/** The meaning of readings and thresholds. */
export const alertKinds: Readonly<Record<AlertKind, AlertKindTraits>> = {
  success_rate: { problemSide: "below", unit: "ratio" },
  latency_p95: { problemSide: "above", unit: "milliseconds" },
  oldest_waiting: { problemSide: "above", unit: "seconds" },
  certificate: { problemSide: "below", unit: "days" },
  disabled: { problemSide: "present", unit: "none" },
  exhausted: { problemSide: "present", unit: "none" },
};

/** A metric of an endpoint. Null: not known, for example without attempts. For kinds of `present`: 1, or 0. */
export type Reading = number | null;

/** The part of a rule that decides. */
export interface Condition {
  readonly kind: AlertKind;
  /** Crossing it is the problem. Null for kinds of `present`. */
  readonly threshold: number | null;
  /** Crossing it in the other direction is the recovery. The same as `threshold`, or better. */
  readonly clearThreshold: number | null;
  /** How long the problem must last before the alert opens. */
  readonly forSeconds: number;
  /** How long the recovery must last before the alert closes. */
  readonly clearForSeconds: number;
}

/** `between`: neither the problem nor the recovery. */
type Verdict = "problem" | "between" | "recovery" | "unknown";

/** Compares a reading with both thresholds. */
export function classifyReading({ kind, threshold, clearThreshold }: Condition, reading: Reading): Verdict {
  if (reading === null) return "unknown";
  const { problemSide } = alertKinds[kind];
  if (problemSide === "present") return reading > 0 ? "problem" : "recovery";
  if (threshold === null) return "unknown";
  const sign = problemSide === "below" ? -1 : 1;
  if (sign * reading > sign * threshold) return "problem";
  return sign * reading <= sign * (clearThreshold ?? threshold) ? "recovery" : "between";
}

/**
 * A rule at one endpoint while something is wrong. `pending`: the problem does not last long enough yet. `clearing`: the
 * recovery does not.
 */
export interface AlertPhase {
  readonly state: "pending" | "open" | "clearing";
  readonly since: Date;
}

export interface Decision {
  /** Undefined: nothing is wrong. */
  readonly phase: AlertPhase | undefined;
  /** The change of the alert by this decision. */
  readonly transition: "opened" | "closed" | undefined;
}

/** Decides the next phase. An unknown reading keeps an open alert open, and forgets a problem that was pending. */
export function decide(
  phase: AlertPhase | undefined,
  { condition, reading, now }: { readonly condition: Condition; readonly reading: Reading; readonly now: Date },
): Decision {
  const verdict = classifyReading(condition, reading);
  const { forSeconds, clearForSeconds } = condition;
  switch (phase?.state) {
    case undefined:
    case "pending": {
      if (verdict !== "problem") return { phase: undefined, transition: undefined };
      const since = beginOf(phase, now);
      return lasts(since, forSeconds, now)
        ? { phase: { state: "open", since: now }, transition: "opened" }
        : { phase: { state: "pending", since }, transition: undefined };
    }
    case "open":
    case "clearing": {
      if (verdict !== "recovery") {
        const isBack = phase.state === "clearing";
        return { phase: isBack ? { state: "open", since: now } : phase, transition: undefined };
      }
      const since = phase.state === "clearing" ? beginOf(phase, now) : now;
      return lasts(since, clearForSeconds, now)
        ? { phase: undefined, transition: "closed" }
        : { phase: { state: "clearing", since }, transition: undefined };
    }
  }
}

/** Returns when a phase began. A time in the future is from before the clock was set back. */
const beginOf = (phase: AlertPhase | undefined, now: Date): Date => (phase && phase.since < now ? phase.since : now);

const lasts = (since: Date, seconds: number, now: Date): boolean => now.getTime() - since.getTime() >= seconds * 1000;

/** Larger thresholds have no plain decimal notation in the documents of events. */
const thresholdMax = 1e9;

/** Returns why the thresholds of a rule make no sense, or undefined. */
export function conditionError({ kind, threshold, clearThreshold }: Condition): string | undefined {
  const { problemSide, unit } = alertKinds[kind];
  if (problemSide === "present")
    return threshold === null && clearThreshold === null ? undefined : "must be null for this kind";
  if (threshold === null || clearThreshold === null) return "is required for this kind";
  if (threshold < 0 || clearThreshold < 0) return "must not be negative";
  if (unit === "ratio" && (threshold > 1 || clearThreshold > 1)) return "must be between 0 and 1";
  if (threshold > thresholdMax || clearThreshold > thresholdMax) return "must not be greater than 1,000,000,000";
  const isOrdered = problemSide === "below" ? clearThreshold >= threshold : clearThreshold <= threshold;
  return isOrdered ? undefined : `must not be ${problemSide === "below" ? "lower" : "higher"} than the threshold`;
}
