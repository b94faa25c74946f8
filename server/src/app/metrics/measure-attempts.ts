import { Counter, Histogram, type Registry } from "prom-client";
import type { AttemptLine } from "#webhooks/engine/index.ts";

/** Counts attempts by what came of them, and how long receivers took. No label names an endpoint: there may be thousands. */
export function measureAttempts(metrics: Registry): (line: AttemptLine) => void {
  const attempts = new Counter({
    name: "bellwire_attempts_total",
    help: "Attempts made, by what the receiver did and what follows for the delivery.",
    labelNames: ["outcome", "next"] as const,
    registers: [metrics],
  });
  const seconds = new Histogram({
    name: "bellwire_attempt_duration_seconds",
    help: "From the start of an attempt to its end.",
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60],
    registers: [metrics],
  });
  return ({ outcome, next, tookMs }) => {
    attempts.inc({ outcome, next });
    seconds.observe(tookMs / 1000);
  };
}
