import { Histogram, type Registry } from "prom-client";
import type { Clock } from "#platform/clock.ts";
import type { LaneStore } from "#webhooks/engine/index.ts";

/** The same store, timed in what the engine does most: taking lanes, reading what is due, settling outcomes. */
export function measureLaneStore(metrics: Registry, store: LaneStore, clock: Clock): LaneStore {
  const seconds = new Histogram({
    name: "bellwire_engine_step_duration_seconds",
    help: "What the engine asks of PostgreSQL: take (lanes), read (what is due), settle (outcomes, many at once).",
    labelNames: ["step"] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [metrics],
  });
  const timed = async <T>(step: "take" | "read" | "settle", work: () => Promise<T>): Promise<T> => {
    const startedMs = clock.monotonicMs();
    try {
      return await work();
    } finally {
      seconds.observe({ step }, (clock.monotonicMs() - startedMs) / 1000);
    }
  };
  return {
    ...store,
    take: (...asked) => timed("take", () => store.take(...asked)),
    readRuns: (...asked) => timed("read", () => store.readRuns(...asked)),
    readDue: (...asked) => timed("read", () => store.readDue(...asked)),
    settle: (...asked) => timed("settle", () => store.settle(...asked)),
  };
}
