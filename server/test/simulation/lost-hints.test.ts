import { expect, test } from "vitest";
import { Simulation } from "./simulation.ts";

/** A poll every second, plus about 100 ms for the call. */
const pollMs = 1250;

interface TwoDeliveries {
  readonly processes: number;
  readonly laterMs: number;
  readonly keptLanesMax: number;
}

/** Commits two deliveries without a hint. Returns how long the later one waits, and whether its lane changed owners before. */
async function recordTwo({ processes, laterMs, keptLanesMax }: TwoDeliveries) {
  const simulation = new Simulation(1);
  simulation.keptLanesMax = keptLanesMax;
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

test.each([
  ["whenever its lane is released", 0, [false, true]],
  ["also while its lane rests", 1000, [false]],
] as const)("a delivery without a hint waits for one poll at most, %s", async (_when, keptLanesMax, released) => {
  const runs: Awaited<ReturnType<typeof recordTwo>>[] = [];
  for (const processes of [1, 2])
    for (let laterMs = 100; laterMs <= 5000; laterMs += 50)
      runs.push(await recordTwo({ processes, laterMs, keptLanesMax }));

  expect(Math.max(...runs.map(({ waitedMs }) => waitedMs))).toBeLessThan(pollMs);
  expect(new Set(runs.map(({ isReleased }) => isReleased))).toEqual(new Set(released));
});

test("changed settings apply to a lane that never rests, although their hint is lost", async () => {
  const endpointId = 2; // its host has no name to look up
  const simulation = new Simulation(5);
  const { time, model, monitor, behaviours } = simulation;
  const endpoint = model.endpoints.get(endpointId);
  if (!endpoint) throw new Error("the simulation has two endpoints");
  const before = { ...endpoint, ordering: "none", maxInFlight: null, maxPerSecond: null, timeoutSeconds: 5 } as const;
  model.endpoints.set(endpointId, before);
  simulation.lostHints = 1;
  simulation.startProcess();
  for (let atMs = 1000; atMs <= 6000; atMs += 250) time.after(atMs, () => simulation.record(endpointId, 1, 0));
  time.after(3000, () =>
    model.endpoints.set(endpointId, { ...before, timeoutSeconds: 1, version: before.version + 1 }),
  );
  time.after(4500, () => behaviours.set(endpointId, "hanging"));
  await time.run(7000, () => false);

  const hanging = monitor.of(endpointId).find(({ atMs }) => atMs > 4500);
  expect(hanging && hanging.endedAtMs && hanging.endedAtMs - hanging.atMs).toBe(1000);
  expect(new Set(monitor.of(endpointId).map(({ epoch }) => epoch)).size).toBe(1);
});
