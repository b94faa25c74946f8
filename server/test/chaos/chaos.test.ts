import { expect, test } from "vitest";
import { runChaos } from "./run-chaos.ts";

const kinds = ["web killed", "engine killed", "database killed", "all killed", "connections cut", "disk full"] as const;
/** During the faults, clients make hundreds of changes on an idle machine, and about ten at a load of 15. */
const acknowledgedMin = 30;

/**
 * Injects each fault once, then continues until enough changes are acknowledged, so the number does not depend on the machine's speed.
 * `npm run chaos` runs as long as requested, and includes faults that last longer than a lease.
 */
test(
  "under load with kills, cut connections and full disks, no acknowledged change is lost and every repeat has a cause",
  { timeout: 480_000 },
  async () => {
    const { line, violations, faults, acknowledged } = await runChaos({
      on: "one server",
      minutes: 3,
      seed: Math.floor(Math.random() * 1e9),
      kinds,
      pauseMs: { least: 300, most: 1500 },
      printStatus: () => undefined,
      enough: { faults: kinds.length, acknowledged: acknowledgedMin },
    });
    expect(violations, line).toEqual([]);
    expect(faults.length, line).toBeGreaterThanOrEqual(kinds.length);
    expect(acknowledged, line).toBeGreaterThanOrEqual(acknowledgedMin);
  },
);
