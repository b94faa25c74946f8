import { cancel, makeDueAgain, skip } from "./manual-actions.ts";
import { Simulation } from "./simulation.ts";
import { behaviours } from "./simulated-network.ts";

const faultsMs = 20_000;
/** After the last fault: hanging calls and attempts in flight end, a lease expires, and Retry-After pauses pass. */
const recoveryMs = 30_000;
/** By then the last attempt that began during the faults has been answered and recorded. */
const lastAnswerMs = 14_000;
const faultFreeMs = 5000;
/** Maximum delay of a hinted delivery without faults: some database calls, and its turn at a busy receiver. */
const promptMs = 750;
/**
 * Maximum delay without a hint. The owner may release an idle lane right before its poll, once a second, would find the row. Then it takes
 * up to a second until an engine polls that may own one more, four calls of about 100 ms, and its turn at a receiver that takes 8 a second.
 */
const overdueMs = 2500;

export interface Run {
  readonly violations: readonly string[];
  readonly sent: number;
  readonly recorded: number;
}

/** Simulates a small installation: first with faults of all kinds, then without. */
export async function runSeed(seed: number): Promise<Run> {
  const simulation = new Simulation(seed);
  const { time, monitor } = simulation;
  const isViolated = (): boolean => monitor.violations.length > 0;
  const processes = simulation.random.between(1, 3);
  for (let one = 0; one < processes; one += 1) simulation.startProcess();

  injectFaults(simulation);
  await time.run(faultsMs, isViolated);
  endFaults(simulation);
  await time.run(faultsMs + recoveryMs, isViolated);
  runWithoutFaults(simulation);
  await time.run(faultsMs + recoveryMs + faultFreeMs, isViolated);
  if (!isViolated()) checkFaultFree(simulation);
  if (!isViolated()) await stopAll(simulation);
  return { violations: monitor.violations, sent: monitor.count, recorded: simulation.recorded.size };
}

/** Injects random faults until the fault period ends. */
function injectFaults(simulation: Simulation): void {
  const { random, time } = simulation;
  simulation.faults = random.pick([0, 0.02, 0.1, 0.3]);
  simulation.lostHints = random.pick([0, 0.2, 1]);
  simulation.hintedRows = random.pick([0, 0.5, 1]);
  simulation.hintedRowsLateMs = random.pick([20, 900, 3000]);
  const again = (): void => {
    if (time.nowMs >= faultsMs) return;
    injectOne(simulation);
    time.after(random.between(10, 600), again);
  };
  time.after(0, again);
}

function injectOne(simulation: Simulation): void {
  const { random, model, running } = simulation;
  const endpointId = random.between(1, simulation.endpointIds.length);
  const process = running[random.between(0, running.length - 1)];
  switch (
    random.pick([
      "record",
      "record",
      "record",
      "behaviour",
      "behaviour",
      "pause",
      "resume",
      "retry",
      "skip",
      "cancel",
      "replay",
      "anywhere",
      "kill",
      "freeze",
      "sleep",
      "stop",
      "start",
    ])
  ) {
    case "record":
      return simulation.record(
        endpointId,
        random.between(1, random.pick([1, 3, model.endpoints.get(endpointId)?.maxPerSecond ?? 40])),
        random.between(0, random.pick([5, 3000])),
      );
    case "behaviour":
      return void simulation.behaviours.set(endpointId, random.pick(behaviours));
    case "pause":
      return changeState(simulation, endpointId, "paused");
    case "resume":
      return changeState(simulation, endpointId, "enabled");
    case "retry":
      return retryOne(simulation);
    case "skip":
      return skipOne(simulation);
    case "cancel":
      return cancelOne(simulation);
    case "replay":
      return replaySome(simulation, endpointId);
    case "anywhere":
      return simulation.hintDue([]);
    case "kill":
      return process && simulation.restart(process);
    case "freeze":
      return process?.freeze(random.between(50, 6000));
    case "sleep":
      return process?.fallAsleep(random.between(50, 6000));
    case "stop":
      if (process?.engine) void simulation.stop(process, random.between(0, 4000)).catch(() => undefined);
      return simulation.startProcess();
    case "start":
      return running.length < 3 || model.due.size === 0 ? simulation.startProcess() : undefined;
  }
}

function changeState(simulation: Simulation, endpointId: number, state: "paused" | "enabled"): void {
  simulation.model.change(endpointId, state);
  simulation.hintChanged(endpointId);
}

function retryOne(simulation: Simulation): void {
  const keys = [...simulation.model.due.keys(), ...simulation.model.ended.keys()];
  const key = keys[simulation.random.between(0, keys.length - 1)];
  if (key === undefined) return;
  simulation.monitor.madeDueManually.add(key);
  simulation.retriedAtMs.set(key, simulation.time.nowMs);
  simulation.model.retry(key);
  const endpointId = simulation.recorded.get(key)?.endpointId;
  if (endpointId !== undefined) simulation.hintDue([endpointId]);
}

function anyDue({ model, random }: Simulation): string {
  const keys = [...model.due.keys()];
  return keys[random.between(0, keys.length - 1)] ?? "";
}

function skipOne(simulation: Simulation): void {
  const endpointId = skip(simulation.model, anyDue(simulation));
  if (endpointId !== undefined) simulation.hintDue([endpointId]);
}

function cancelOne(simulation: Simulation): void {
  const key = anyDue(simulation);
  const endpointId = cancel(simulation.model, key);
  if (endpointId === undefined) return;
  simulation.recorded.delete(key);
  simulation.hintDue([endpointId]);
}

/** Makes some ended deliveries due again, in sequence. */
function replaySome(simulation: Simulation, endpointId: number): void {
  const { model, random, monitor } = simulation;
  const ended = [...model.ended].filter(([, { row }]) => row.endpointId === endpointId).map(([key]) => key);
  const from = random.between(0, Math.max(0, ended.length - 1));
  const replayed = ended.slice(from, from + random.between(1, 6));
  for (const key of replayed) monitor.madeDueManually.add(key);
  makeDueAgain(model, replayed);
  simulation.hintDue([endpointId]);
}

/** Ends all faults except lost hints and long transactions. Traffic keeps the lanes busy. */
function endFaults(simulation: Simulation): void {
  const { random, time } = simulation;
  simulation.faults = 0;
  simulation.behaviours.clear();
  for (const process of simulation.running) process.thaw();
  const resumeAll = (): void => {
    for (const id of simulation.endpointIds) changeState(simulation, id, "enabled");
  };
  resumeAll();
  // A 410 response in flight may still have disabled an endpoint.
  time.after(lastAnswerMs, resumeAll);
  simulation.startProcess();
  const again = (): void => {
    if (time.nowMs >= faultsMs + recoveryMs + faultFreeMs - 4000) return;
    for (const id of simulation.endpointIds) simulation.record(id, 1, random.pick([0, 0, 5, 2500]));
    time.after(random.between(600, 900), again);
  };
  again();
}

/** Checks that due deliveries are sent soon, and new ones immediately. */
function runWithoutFaults(simulation: Simulation): void {
  const { time, model, monitor } = simulation;
  simulation.lostHints = 0;
  simulation.hintedRowsLateMs = 0;
  const again = (): void => {
    if (time.nowMs >= faultsMs + recoveryMs + faultFreeMs) return;
    for (const row of model.due.values()) {
      if (row.dueAt < model.moment(model.nowMs - overdueMs) && !isInFlight(simulation, row.endpointId, row.eventId)) {
        const visibleAtMs = simulation.recorded.get(`${row.eventId}.${row.endpointId}`)?.visibleAtMs ?? time.nowMs;
        if (time.nowMs - visibleAtMs > overdueMs)
          monitor.reportViolation(`forgotten: ${row.eventId}.${row.endpointId}, due at ${row.dueAt}`);
      }
    }
    time.after(250, again);
  };
  again();
}

const isInFlight = ({ monitor }: Simulation, endpointId: number, eventId: string): boolean =>
  monitor
    .of(endpointId)
    .some((observed) => observed.key === `${eventId}.${endpointId}` && observed.endedAtMs === undefined);

function checkFaultFree({ model, monitor, recorded, retriedAtMs }: Simulation): void {
  for (const [key, { endpointId, visibleAtMs = 0, ownerAtCommit }] of recorded) {
    const ended = model.ended.get(key);
    if (!ended) monitor.reportViolation(`lost, or not settled: ${key}`);
    const sinceMs = retriedAtMs.get(key) ?? 0;
    if (ended?.state === "failed" && !monitor.of(endpointId).some((one) => one.key === key && one.atMs >= sinceMs))
      monitor.reportViolation(`a retry was lost: ${key}`);
    const numbers = model.attempts.get(key) ?? [];
    if (numbers.some((number, index) => number !== index + 1) || ended?.row.attemptsMade !== numbers.length) {
      monitor.reportViolation(`attempts ${numbers.join(", ")} of ${key} do not add up to ${ended?.row.attemptsMade}`);
    }
    const endpoint = model.endpoints.get(endpointId);
    // A commit at the exact start of the fault-free period still belongs to the faults: its hints may be lost.
    const isHinted = visibleAtMs > faultsMs + recoveryMs;
    if (!isHinted || endpoint?.ordering !== "none" || endpoint.maxPerSecond !== null) continue;
    const first = monitor.of(endpointId).find((observed) => observed.key === key);
    // The hinted engine may just have released the lane to another process, which finds the delivery at its next poll.
    const hasNewOwner = ownerAtCommit !== undefined && first?.owner !== ownerAtCommit;
    if (!first || first.atMs - visibleAtMs > (hasNewOwner ? overdueMs : promptMs))
      monitor.reportViolation(`a hinted delivery was late: ${key}, visible at ${visibleAtMs}`);
  }
}

/** Checks that a shutdown finishes attempts in flight and releases the lanes. */
async function stopAll(simulation: Simulation): Promise<void> {
  const { time, model, monitor } = simulation;
  for (const id of simulation.endpointIds) simulation.record(id, 3, 0);
  await time.run(time.nowMs + 20, () => monitor.violations.length > 0);
  const stopped = new Set(simulation.running.map((process) => process.engineId));
  const stopping = simulation.running.map((process) => simulation.stop(process, 5000));
  await time.run(time.nowMs + 10_000, () => monitor.violations.length > 0);
  const isStopped = await Promise.race([
    Promise.all(stopping).then(() => true),
    new Promise(setImmediate).then(() => false),
  ]);
  if (!isStopped) monitor.reportViolation("an engine does not stop");
  if (simulation.processes.some((process) => process.state === "running" && monitor.inFlight(process).length > 0))
    monitor.reportViolation("a stop left attempts in flight");
  for (const [id, { owner }] of model.lanes) {
    if (owner !== null && stopped.has(owner)) monitor.reportViolation(`a stop kept lane ${id}`);
    for (const { key } of monitor.of(id))
      if (!model.ended.has(key) && !model.attempts.has(key) && !model.cancelled.has(key))
        monitor.reportViolation(`a stop did not record ${key}`);
  }
}
