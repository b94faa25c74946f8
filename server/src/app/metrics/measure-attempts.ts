import { Counter, Histogram, type Registry } from "prom-client";
import type { LookupResult } from "#platform/network/name-resolver.ts";
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

/** Counts the name look-ups that asked a name server, and how long they took. Cached answers and the hosts file do not count. */
export function measureNameLookups(metrics: Registry): (result: LookupResult, seconds: number) => void {
  const lookups = new Counter({
    name: "bellwire_name_lookups_total",
    help: "Look-ups of receivers' names at a name server: found, none (no such name), failed or timed-out.",
    labelNames: ["result"] as const,
    registers: [metrics],
  });
  const duration = new Histogram({
    name: "bellwire_name_lookup_duration_seconds",
    help: "How long these look-ups took; 3 s is the limit.",
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2, 3],
    registers: [metrics],
  });
  return (result, seconds) => {
    lookups.inc({ result });
    duration.observe(seconds);
  };
}
