import { expect, test } from "vitest";
import { runChaos } from "./run-chaos.ts";

/** `npm run chaos` runs as long as requested, and includes faults that last longer than a lease. */
test(
  "under kills, cuts and full disks with load, no acknowledged change is lost and nothing is repeated without a cause",
  { timeout: 300_000 },
  async () => {
    const { line, violations, faults, acknowledged } = await runChaos({
      on: "one server",
      minutes: 0.2,
      seed: Math.floor(Math.random() * 1e9),
      kinds: ["web killed", "engine killed", "database killed", "all killed", "connections cut", "disk full"],
      pauseMs: { least: 300, most: 1500 },
      printStatus: () => undefined,
    });
    expect(violations, line).toEqual([]);
    expect(faults.length, line).toBeGreaterThan(2);
    expect(acknowledged, line).toBeGreaterThan(2); // hundreds on an idle machine, about ten on one with a load of 15
  },
);
