import type { LaneStore } from "#webhooks/engine/index.ts";
import type { LaneStoreModel } from "./lane-store-model.ts";
import type { Random } from "./random.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { SimulatedTime } from "./simulated-time.ts";

export interface Line {
  readonly time: SimulatedTime;
  readonly random: Random;
  readonly model: LaneStoreModel;
  /** Probability that a call fails now. */
  readonly faults: () => number;
  /** True if only the recording of outcomes is refused. */
  readonly refusesOutcomes: () => boolean;
  readonly tellChanged: (endpointId: number) => void;
}

/** Course of one call: when the database executes it, if at all, and when the caller gets which answer. */
interface Course {
  readonly doneAfterMs: number;
  readonly isDone: boolean;
  readonly heardAfterMs: number;
  readonly fails: boolean;
}

function chooseCourse(random: Random, faults: number): Course {
  const course = (done: readonly [number, number], heardLater: readonly [number, number]): Course => {
    const doneAfterMs = random.between(...done);
    return { doneAfterMs, heardAfterMs: doneAfterMs + random.between(...heardLater), isDone: true, fails: false };
  };
  const quick = course([0, 2], [0, 2]);
  if (!random.happens(faults)) return quick;
  switch (random.pick(["refused", "cut", "late", "hangs", "abandoned"])) {
    case "refused":
      return { ...quick, isDone: false, fails: true };
    case "cut":
      return { ...quick, fails: true };
    case "late":
      return course([0, 1500], [50, 3000]);
    case "hangs":
      return { ...course([0, 2000], [3000, 8000]), isDone: random.happens(0.5), fails: true };
    case "abandoned": // executed nevertheless
      return { ...course([200, 4000], [0, 0]), heardAfterMs: random.between(0, 200), fails: true };
  }
}

/** A process's connection to the database. Calls are refused, hang, answer late, or are executed and answered with an error. */
export function unreliableStore(
  { time, random, model, faults, refusesOutcomes, tellChanged }: Line,
  process: SimulatedProcess,
): LaneStore {
  const call = <Answer>(act: () => Answer, isRefused = false): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const course = chooseCourse(random, faults());
      const { doneAfterMs, isDone, heardAfterMs, fails } = isRefused
        ? { ...course, isDone: false, fails: true }
        : course;
      const done: Answer[] = [];
      time.after(doneAfterMs, () => void (isDone && done.push(act())));
      time.after(heardAfterMs, () =>
        process.let(() => {
          if (fails) reject(new Error("the line to the database is cut"));
          else for (const it of done) resolve(it);
        }),
      );
    });
  const prove = (engineId: string, sentAtMs: number): void => {
    if (engineId === process.engineId) process.provenAtMs = Math.max(process.provenAtMs, sentAtMs);
  };
  return {
    async register(engineId, formerIds) {
      const sentAtMs = time.nowMs;
      process.engineId = engineId;
      await call(() => model.register(engineId, formerIds));
      prove(engineId, sentAtMs);
    },
    async heartbeat(engineId) {
      const sentAtMs = time.nowMs;
      const isKnown = await call(() => model.heartbeat(engineId));
      if (isKnown) prove(engineId, sentAtMs);
      return isKnown;
    },
    unregister: (engineId) => call(() => model.unregister(engineId)),
    findDueLanes: (engineId) => call(() => model.findDueLanes(engineId)),
    claim: (engineId, endpointIds, claimNumber) => call(() => model.claim(engineId, endpointIds, claimNumber)),
    verifyOwnership: (engineId, lanes) => call(() => model.verifyOwnership(engineId, lanes)),
    release: (engineId, lanes) => call(() => model.release(engineId, lanes)),
    readSettings: (endpointIds) => call(() => model.readSettings(endpointIds)),
    sampleTransactions: () => call(() => model.sampleTransactions()),
    readRuns: (runs) => call(() => model.readRuns(runs)),
    readDue: (lanes) => call(() => model.readDue(lanes)),
    disableEndpoint: (endpointId) =>
      call(() => {
        if (model.disableEndpoint(endpointId)) tellChanged(endpointId);
      }),
    settle: (engineId, settlements) => call(() => model.settle(engineId, settlements), refusesOutcomes()),
  };
}
