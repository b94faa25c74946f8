import { cancel, revive, skip } from "./manual-actions.ts";
import { Simulation } from "./simulation.ts";
import { moods } from "./simulated-network.ts";

const troubleMs = 20_000;
/** After the last fault: hanging calls and attempts in flight end, a lease expires, and Retry-After pauses pass. */
const recoveryMs = 30_000;
/** By then the last attempt that began during the faults has been answered and recorded. */
const lastAnswerMs = 14_000;
const calmMs = 5000;
/** Maximum delay of a hinted delivery without faults: some database calls, and its turn at a busy receiver. */
const promptMs = 750;
/**
 * Maximum delay without a hint: a poll per second, of a lane or for a free one, about 100 ms for the call, and its turn at a receiver
 * that takes 8 a second. A lane that is released without a last look is found by one seed in 270; with 2000 ms, by one in 3000.
 */
const overdueMs = 1500;

export interface Run {
  readonly broken: readonly string[];
  readonly sent: number;
  readonly recorded: number;
}

/** Simulates a small installation: first with faults of all kinds, then without. */
export async function runSeed(seed: number): Promise<Run> {
  const simulation = new Simulation(seed);
  const { time, watch } = simulation;
  const isBroken = (): boolean => watch.broken.length > 0;
  const processes = simulation.random.between(1, 3);
  for (let one = 0; one < processes; one += 1) simulation.startProcess();

  makeTrouble(simulation);
  await time.run(troubleMs, isBroken);
  endTrouble(simulation);
  await time.run(troubleMs + recoveryMs, isBroken);
  stayCalm(simulation);
  await time.run(troubleMs + recoveryMs + calmMs, isBroken);
  if (!isBroken()) checkCalm(simulation);
  if (!isBroken()) await stopAll(simulation);
  return { broken: watch.broken, sent: watch.count, recorded: simulation.recorded.size };
}

/** Injects random faults until the fault period ends. */
function makeTrouble(simulation: Simulation): void {
  const { random, time } = simulation;
  simulation.faults = random.pick([0, 0.02, 0.1, 0.3]);
  simulation.lostHints = random.pick([0, 0.2, 1]);
  simulation.hintedRows = random.pick([0, 0.5, 1]);
  simulation.hintedRowsLateMs = random.pick([20, 900, 3000]);
  const again = (): void => {
    if (time.nowMs >= troubleMs) return;
    somethingHappens(simulation);
    time.after(random.between(10, 600), again);
  };
  time.after(0, again);
}

function somethingHappens(simulation: Simulation): void {
  const { random, model, running } = simulation;
  const endpointId = random.between(1, simulation.endpointIds.length);
  const process = running[random.between(0, running.length - 1)];
  switch (
    random.pick([
      "record",
      "record",
      "record",
      "mood",
      "mood",
      "pause",
      "resume",
      "retry",
      "skip",
      "cancel",
      "replay",
      "anywhere",
      "kill",
      "freeze",
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
    case "mood":
      return void simulation.moods.set(endpointId, random.pick(moods));
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
      return simulation.tellDue([]);
    case "kill":
      return process && simulation.restart(process);
    case "freeze":
      return process?.freeze(random.between(50, 6000));
    case "stop":
      if (process?.engine) void simulation.stop(process, random.between(0, 4000)).catch(() => undefined);
      return simulation.startProcess();
    case "start":
      return running.length < 3 || model.due.size === 0 ? simulation.startProcess() : undefined;
  }
}

function changeState(simulation: Simulation, endpointId: number, state: "paused" | "enabled"): void {
  simulation.model.change(endpointId, state);
  simulation.tellChanged(endpointId);
}

function retryOne(simulation: Simulation): void {
  const keys = [...simulation.model.due.keys(), ...simulation.model.ended.keys()];
  const key = keys[simulation.random.between(0, keys.length - 1)];
  if (key === undefined) return;
  simulation.watch.madeDueManually.add(key);
  simulation.model.retry(key);
  const endpointId = simulation.recorded.get(key)?.endpointId;
  if (endpointId !== undefined) simulation.tellDue([endpointId]);
}

function anyDue({ model, random }: Simulation): string {
  const keys = [...model.due.keys()];
  return keys[random.between(0, keys.length - 1)] ?? "";
}

function skipOne(simulation: Simulation): void {
  const endpointId = skip(simulation.model, anyDue(simulation));
  if (endpointId !== undefined) simulation.tellDue([endpointId]);
}

function cancelOne(simulation: Simulation): void {
  const key = anyDue(simulation);
  const endpointId = cancel(simulation.model, key);
  if (endpointId === undefined) return;
  simulation.recorded.delete(key);
  simulation.tellDue([endpointId]);
}

/** Makes some ended deliveries due again, in their order. */
function replaySome(simulation: Simulation, endpointId: number): void {
  const { model, random, watch } = simulation;
  const ended = [...model.ended].filter(([, { row }]) => row.endpointId === endpointId).map(([key]) => key);
  const from = random.between(0, Math.max(0, ended.length - 1));
  const replayed = ended.slice(from, from + random.between(1, 6));
  for (const key of replayed) watch.madeDueManually.add(key);
  revive(model, replayed);
  simulation.tellDue([endpointId]);
}

/** Ends all faults except lost hints and long transactions. Traffic keeps the lanes busy. */
function endTrouble(simulation: Simulation): void {
  const { random, time } = simulation;
  simulation.faults = 0;
  simulation.moods.clear();
  for (const process of simulation.running) process.thaw();
  const resumeAll = (): void => {
    for (const id of simulation.endpointIds) changeState(simulation, id, "enabled");
  };
  resumeAll();
  // A 410 that was in flight may still have disabled one.
  time.after(lastAnswerMs, resumeAll);
  simulation.startProcess();
  const again = (): void => {
    if (time.nowMs >= troubleMs + recoveryMs + calmMs - 4000) return;
    for (const id of simulation.endpointIds) simulation.record(id, 1, random.pick([0, 0, 5, 2500]));
    time.after(random.between(600, 900), again);
  };
  again();
}

/** Checks that due deliveries are sent soon, and new ones at once. */
function stayCalm(simulation: Simulation): void {
  const { time, model, watch } = simulation;
  simulation.lostHints = 0;
  simulation.hintedRowsLateMs = 0;
  const again = (): void => {
    if (time.nowMs >= troubleMs + recoveryMs + calmMs) return;
    for (const row of model.due.values()) {
      if (row.dueAt < model.moment(model.nowMs - overdueMs) && !isOnItsWay(simulation, row.endpointId, row.eventId)) {
        const shownAtMs = simulation.recorded.get(`${row.eventId}.${row.endpointId}`)?.shownAtMs ?? time.nowMs;
        if (time.nowMs - shownAtMs > overdueMs)
          watch.breaks(`forgotten: ${row.eventId}.${row.endpointId}, due at ${row.dueAt}`);
      }
    }
    time.after(250, again);
  };
  again();
}

const isOnItsWay = ({ watch }: Simulation, endpointId: number, eventId: string): boolean =>
  watch.of(endpointId).some((flight) => flight.key === `${eventId}.${endpointId}` && flight.endedAtMs === undefined);

function checkCalm({ model, watch, recorded }: Simulation): void {
  for (const [key, { endpointId, shownAtMs = 0, ownerThen }] of recorded) {
    const ended = model.ended.get(key);
    if (!ended) watch.breaks(`lost, or not settled: ${key}`);
    const numbers = model.attempts.get(key) ?? [];
    if (numbers.some((number, index) => number !== index + 1) || ended?.row.attemptsMade !== numbers.length) {
      watch.breaks(`attempts ${numbers.join(", ")} of ${key} do not add up to ${ended?.row.attemptsMade}`);
    }
    const endpoint = model.endpoints.get(endpointId);
    // A commit at the exact start of the fault-free period still belongs to the faults: its hints may be lost.
    const isToldOf = shownAtMs > troubleMs + recoveryMs;
    if (!isToldOf || endpoint?.ordering !== "none" || endpoint.maxPerSecond !== null) continue;
    const first = watch.of(endpointId).find((flight) => flight.key === key);
    // The hinted engine may just have released the lane to another process, which finds the delivery at its next poll.
    const isGiven = ownerThen !== undefined && first?.owner !== ownerThen;
    if (!first || first.atMs - shownAtMs > (isGiven ? overdueMs : promptMs))
      watch.breaks(`a hint was not followed: ${key}, shown at ${shownAtMs}`);
  }
}

/** Checks that a shutdown finishes attempts in flight and releases the lanes. */
async function stopAll(simulation: Simulation): Promise<void> {
  const { time, model, watch } = simulation;
  for (const id of simulation.endpointIds) simulation.record(id, 3, 0);
  await time.run(time.nowMs + 20, () => watch.broken.length > 0);
  const stopped = new Set(simulation.running.map((process) => process.engineId));
  const stopping = simulation.running.map((process) => simulation.stop(process, 5000));
  await time.run(time.nowMs + 10_000, () => watch.broken.length > 0);
  const isStopped = await Promise.race([
    Promise.all(stopping).then(() => true),
    new Promise(setImmediate).then(() => false),
  ]);
  if (!isStopped) watch.breaks("an engine does not stop");
  if (simulation.processes.some((process) => process.state === "running" && watch.inFlight(process).length > 0))
    watch.breaks("a stop left something in flight");
  for (const [id, { owner }] of model.lanes) {
    if (owner !== null && stopped.has(owner)) watch.breaks(`a stop kept lane ${id}`);
    for (const { key } of watch.of(id))
      if (!model.ended.has(key) && !model.attempts.has(key) && !model.cancelled.has(key))
        watch.breaks(`a stop did not record ${key}`);
  }
}
