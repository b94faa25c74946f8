import { expect, test } from "vitest";
import { Simulation } from "./simulation.ts";

/** Returns a simulation with an unordered endpoint that responds at once. All engines get rows with their hints. */
function newSimulation(seed: number, endpointId = 1): Simulation {
  const simulation = new Simulation(seed);
  const { model } = simulation;
  const endpoint = model.endpoints.get(endpointId);
  if (!endpoint) throw new Error("a simulation has an endpoint");
  model.endpoints.set(endpointId, { ...endpoint, ordering: "none", maxInFlight: null, maxPerSecond: null });
  simulation.hintedRows = 1;
  return simulation;
}

test("an engine that owns the lane sends a hinted delivery without reading due rows", async () => {
  const simulation = newSimulation(1);
  const { time, model, monitor } = simulation;
  simulation.startProcess();
  let reads = 0;
  const readDue = model.readDue.bind(model);
  model.readDue = (...args) => {
    reads += 1;
    return readDue(...args);
  };
  time.after(1000, () => simulation.record(1, 1, 0));
  await time.run(1100, () => false);
  const readsBefore = reads;
  for (let ms = 100; ms <= 800; ms += 100) time.after(ms, () => simulation.record(1, 1, 0));
  await time.run(1950, () => false);

  expect(monitor.violations).toEqual([]);
  expect(monitor.count).toBe(9);
  expect(reads - readsBefore).toBeLessThanOrEqual(1); // the poll runs once per second
});

test("late hinted rows are sent once while engines stop, start and exchange lanes", async () => {
  let sent = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const simulation = newSimulation(seed);
    const { time, monitor, random } = simulation;
    simulation.hintedRowsLateMs = 900;
    for (let count = 0; count < 2; count += 1) simulation.startProcess();
    const act = (): void => {
      if (time.nowMs > 10_000) return;
      simulation.record(1, 1, random.between(0, 20));
      const process = simulation.running.find(({ engine }) => engine);
      if (process && random.happens(0.2)) {
        void simulation.stop(process, 100).catch(() => undefined);
        simulation.startProcess();
      }
      time.after(random.between(20, 200), act);
    };
    time.after(500, act);
    await time.run(15_000, () => monitor.violations.length > 0);
    expect(monitor.violations, `seed ${seed}`).toEqual([]);
    sent += monitor.count;
  }
  expect(sent).toBeGreaterThan(1000);
});

test("hinted rows of a paused endpoint are not sent", async () => {
  const simulation = newSimulation(3);
  const { time, model, monitor } = simulation;
  simulation.startProcess();
  time.after(1000, () => simulation.record(1, 1, 0));
  time.after(1500, () => model.change(1, "paused"));
  time.after(1600, () => simulation.record(1, 3, 0));
  await time.run(4000, () => false);
  expect(monitor.violations).toEqual([]);
  expect(monitor.count).toBe(1);
});

/** Endpoints with even ids have no name to look up. */
const withoutName = 2;

test.each([0, 1])(
  "hints with rows (%j) reach the receiver within 40 ms, whether their lane is owned or not",
  async (share) => {
    const simulation = newSimulation(5, withoutName);
    const { time, monitor } = simulation;
    simulation.hintedRows = share;
    simulation.keptLanesMax = 0;
    simulation.startProcess();
    const recordedAtMs = [1050, 1350, 1387, 1424, 1461, 1498, 6050, 6350, 11_050];
    for (const atMs of recordedAtMs) time.after(atMs, () => simulation.record(withoutName, 1, 0));
    await time.run(12_000, () => false);

    const attempts = monitor.of(withoutName);
    expect(monitor.violations).toEqual([]);
    expect(attempts.map(({ atMs }, index) => atMs - (recordedAtMs[index] ?? 0) < 40)).toEqual(
      recordedAtMs.map(() => true),
    );
    expect(new Set(attempts.map(({ epoch }) => epoch)).size).toBe(3);
  },
);

test("a pause stops deliveries in memory within 20 ms", async () => {
  const simulation = newSimulation(5, withoutName);
  const { time, model, monitor } = simulation;
  simulation.startProcess();
  for (let atMs = 1000; atMs < 1900; atMs += 10) time.after(atMs, () => simulation.record(withoutName, 4, 0));
  time.after(1925, () => simulation.record(withoutName, 200, 0));
  time.after(1940, () => {
    model.change(withoutName, "paused");
    simulation.hintChanged(withoutName);
  });
  await time.run(3000, () => false);

  const lastMs = monitor.of(withoutName).at(-1)?.atMs ?? 0;
  expect(model.due.size).toBeGreaterThan(100);
  expect(lastMs).toBeGreaterThan(1930);
  expect(lastMs).toBeLessThan(1960);
});
