import { expect, test } from "vitest";
import { Simulation } from "./simulation.ts";

/** A poll every second, plus about 100 ms for the call. */
const pollMs = 1250;

/** Commits two deliveries without a hint. Returns how long the later one waits, and whether its lane changed owners before. */
async function recordTwo(processes: number, laterMs: number): Promise<{ waitedMs: number; isReleased: boolean }> {
  const simulation = new Simulation(1);
  const { time, model, monitor } = simulation;
  const endpoint = model.endpoints.get(1);
  if (!endpoint) throw new Error("a simulation has an endpoint");
  model.endpoints.set(1, { ...endpoint, ordering: "none", maxInFlight: null, maxPerSecond: null });
  simulation.lostHints = 1;
  for (let index = 0; index < processes; index += 1) time.after(index * 330, () => simulation.startProcess());
  const dueAtMs = 2000 + laterMs;
  time.after(2000, () => simulation.record(1, 1, 0));
  time.after(dueAtMs, () => simulation.record(1, 1, 0));
  await time.run(dueAtMs + 5000, () => monitor.count === 2);
  const [first, second] = monitor.of(1);
  if (!first || !second) throw new Error("a delivery was not sent within 5 s");
  return { waitedMs: second.atMs - dueAtMs, isReleased: second.epoch > first.epoch };
}

test("a delivery without a hint waits for one poll at most, whenever its lane is released", async () => {
  const runs: Awaited<ReturnType<typeof recordTwo>>[] = [];
  for (const processes of [1, 2])
    for (let laterMs = 100; laterMs <= 5000; laterMs += 50) runs.push(await recordTwo(processes, laterMs));

  expect(Math.max(...runs.map(({ waitedMs }) => waitedMs))).toBeLessThan(pollMs);
  expect(new Set(runs.map(({ isReleased }) => isReleased))).toEqual(new Set([false, true]));
});
