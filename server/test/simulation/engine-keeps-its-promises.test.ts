import { expect, test } from "vitest";
import { runSeed } from "./run-seed.ts";

/** SIMULATION_SEED=17 repeats that seed; SIMULATION_SEEDS=100000 runs that many. CI runs 400, which include these. */
const only = process.env["SIMULATION_SEED"];
const seeds =
  only === undefined
    ? Array.from({ length: Number(process.env["SIMULATION_SEEDS"] ?? 25) }, (_, index) => index + 1)
    : [Number(only)];

test(
  "under any faults, every delivery is sent in time and never concurrently with itself",
  { timeout: 600_000 },
  async () => {
    let sent = 0;
    for (const seed of seeds) {
      const run = await runSeed(seed);
      expect(run.violations, `seed ${seed}`).toEqual([]);
      sent += run.sent;
    }
    expect(sent).toBeGreaterThan(seeds.length * 100);
  },
);
