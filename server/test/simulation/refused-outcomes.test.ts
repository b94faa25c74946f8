import { expect, test } from "vitest";
import { Simulation } from "./simulation.ts";

/** Longer than a live engine retries. */
const refusedMs = 45_000;

test("after a long failure to record outcomes, each ordering key resumes from its last recorded delivery, in sequence", async () => {
  let unrecordedMax = 0;
  for (let seed = 1; seed <= 5; seed += 1) {
    const simulation = new Simulation(seed);
    const { time, monitor, model } = simulation;
    for (const [id, endpoint] of model.endpoints)
      model.endpoints.set(id, { ...endpoint, ordering: "account", maxPerSecond: null });
    simulation.startProcess();
    const record = (): void => {
      for (const id of simulation.endpointIds) simulation.record(id, 20, 5);
      if (time.nowMs < refusedMs) time.after(4000, record);
    };
    time.after(0, record);
    time.after(1000, () => (simulation.refusesOutcomes = true));
    time.after(refusedMs, () => {
      unrecordedMax = Math.max(unrecordedMax, monitor.count);
      simulation.refusesOutcomes = false;
    });
    await time.run(refusedMs + 60_000, () => monitor.violations.length > 0);

    expect(monitor.violations, `seed ${seed}`).toEqual([]);
    expect(
      [...simulation.recorded.keys()].filter((key) => !model.ended.has(key)),
      `seed ${seed}`,
    ).toEqual([]);
  }
  expect(unrecordedMax).toBeGreaterThan(100);
});
