import { expect, test } from "vitest";
import { Simulation } from "./simulation.ts";

const faultsMs = 30_000;

test("no second exceeds max_per_second while engines stop, crash and freeze and lanes change owners", async () => {
  let sent = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const simulation = new Simulation(seed);
    const { time, monitor, model, random } = simulation;
    for (const [id, endpoint] of model.endpoints)
      model.endpoints.set(id, { ...endpoint, maxPerSecond: random.between(1, 3), maxInFlight: null });
    for (let count = 0; count < 2; count += 1) simulation.startProcess();
    const disturb = (): void => {
      if (time.nowMs > faultsMs) return;
      for (const id of simulation.endpointIds) simulation.record(id, random.between(1, 3), 5);
      const process = simulation.running[random.between(0, simulation.running.length - 1)];
      const act = random.pick(["stop", "kill", "freeze", "nothing"]);
      if (process && act === "kill") simulation.restart(process);
      if (process && act === "freeze") process.freeze(random.between(500, 4000));
      if (process?.engine && act === "stop") {
        void simulation.stop(process, 1000).catch(() => undefined);
        simulation.startProcess();
      }
      time.after(random.between(200, 1500), disturb);
    };
    time.after(0, disturb);
    await time.run(faultsMs, () => monitor.violations.length > 0);

    expect(monitor.violations, `seed ${seed}`).toEqual([]);
    sent += monitor.count;
  }
  expect(sent).toBeGreaterThan(500);
});
