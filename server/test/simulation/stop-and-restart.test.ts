import { expect, test } from "vitest";
import { urlOf } from "./simulated-network.ts";
import { Simulation } from "./simulation.ts";

/** Returns a simulation in which two unordered endpoints without limits have different hosts. One of them hangs. */
function newSimulation(hanging: 1 | 2, timeoutSeconds: number) {
  const simulation = new Simulation(5);
  for (const id of [1, 2]) {
    const endpoint = simulation.model.endpoints.get(id);
    if (!endpoint) throw new Error("the simulation has two endpoints");
    const unlimited = { ordering: "none", maxInFlight: null, maxPerSecond: null, retryWaitsSeconds: [1, 1] } as const;
    simulation.model.endpoints.set(id, { ...endpoint, ...unlimited, timeoutSeconds });
  }
  simulation.behaviours.set(hanging, "hanging");
  simulation.startProcess();
  return simulation;
}

test("a stop that waits for a receiver that hangs holds up no other endpoint", async () => {
  const [hanging, healthy] = [1, 2] as const;
  const simulation = newSimulation(hanging, 10);
  const { time, monitor } = simulation;
  time.after(1000, () => {
    for (const id of [hanging, healthy]) simulation.record(id, 1, 0);
  });
  time.after(1500, () => {
    const [stopping] = simulation.running;
    simulation.startProcess();
    if (stopping) void simulation.stop(stopping, 9000);
  });
  for (let atMs = 2000; atMs <= 4000; atMs += 1000) time.after(atMs, () => simulation.record(healthy, 1, 0));
  await time.run(8000, () => false);

  expect([monitor.violations, monitor.of(hanging)[0]?.endedAtMs]).toEqual([[], undefined]);
  expect(monitor.of(healthy).map(({ process }) => process.number)).toEqual([1, 2, 2, 2]);
  expect(monitor.of(hanging)).toHaveLength(1);
});

test("an attempt that ends during a stop and cannot be recorded at once is not repeated by the next owner", async () => {
  const hanging = 2;
  const simulation = newSimulation(hanging, 2);
  const { time, monitor } = simulation;
  time.after(1000, () => simulation.record(hanging, 1, 0));
  time.after(1500, () => {
    const [stopping] = simulation.running;
    simulation.startProcess();
    if (stopping) void simulation.stop(stopping, 9000);
  });
  time.after(2500, () => (simulation.refusesOutcomes = true));
  time.after(3500, () => (simulation.refusesOutcomes = false));
  await time.run(8000, () => false);

  const attempts = monitor.of(hanging).map(({ owner, attempt }) => [owner, attempt]);
  expect([monitor.violations, attempts]).toEqual([
    [],
    [
      ["engine-1", 1],
      ["engine-2", 2],
    ],
  ]);
});

test("lanes of an engine that stops are claimed as soon as they are due, although it waits for a receiver that hangs", async () => {
  const [hanging, template] = [2, 1] as const;
  const simulation = newSimulation(hanging, 10);
  const { time, model, monitor } = simulation;
  const [endpoint, lane] = [model.endpoints.get(template), model.lanes.get(template)];
  if (!endpoint || !lane) throw new Error("the simulation has two endpoints");
  const ids = [4, 6, 8, 10, 12, 14, 16, 18]; // their hosts have no names to look up
  for (const endpointId of ids) {
    model.endpoints.set(endpointId, { ...endpoint, endpointId, url: urlOf(endpointId), retryWaitsSeconds: [3] });
    model.lanes.set(endpointId, { ...lane });
    simulation.behaviours.set(endpointId, "failing");
  }
  time.after(1000, () => {
    for (const id of [hanging, ...ids]) simulation.record(id, 1, 0);
  });
  time.after(1500, () => {
    const [stopping] = simulation.running;
    simulation.startProcess();
    if (stopping) void simulation.stop(stopping, 9000);
  });
  await time.run(9000, () => false);

  expect([monitor.violations, monitor.of(hanging)[0]?.endedAtMs]).toEqual([[], undefined]);
  const retries = ids.map((id) => monitor.of(id)[1]);
  expect(retries.map((retry) => retry?.process.number)).toEqual(ids.map(() => 2));
  // They are due at about 4 s. Lanes left to others for 3 s would follow later.
  expect(Math.max(...retries.map((retry) => retry?.atMs ?? Number.POSITIVE_INFINITY))).toBeLessThan(5500);
});

// The lease of 2,000 ms holds for 1,600 ms in the engine. Nobody else may claim the lanes until 2,000 ms.
test.each([
  ["ends", 0],
  ["ends and cannot be recorded at once", 250],
])("an attempt that %s before others may claim the lane is not repeated after a lost lease", async (_, refusedMs) => {
  const hanging = 2; // its host has no name to look up
  const simulation = newSimulation(hanging, 0.2);
  const { time, model, monitor } = simulation;
  const heartbeat = model.heartbeat.bind(model);
  time.after(1000, () => (model.heartbeat = () => false));
  await time.run(2300, () => false);
  const lostAtMs = (simulation.processes[0]?.heartbeatAtMs ?? 0) + 1600;
  time.after(lostAtMs - 50 - time.nowMs, () => simulation.record(hanging, 1, 0));
  time.after(lostAtMs - time.nowMs, () => (model.heartbeat = heartbeat));
  time.after(lostAtMs + 120 - time.nowMs, () => (simulation.refusesOutcomes = refusedMs > 0));
  time.after(lostAtMs + 120 + refusedMs - time.nowMs, () => (simulation.refusesOutcomes = false));
  await time.run(lostAtMs + 5000, () => false);

  const attempts = monitor.of(hanging).map(({ owner, attempt }) => [owner, attempt]);
  expect([monitor.violations, attempts]).toEqual([
    [],
    [
      ["engine-1", 1],
      ["engine-2", 2],
      ["engine-2", 3],
    ],
  ]);
});
