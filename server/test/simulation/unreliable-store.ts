import type { DueDelivery } from "#webhooks/deliveries/index.ts";
import type { LaneStore } from "#webhooks/engine/index.ts";
import { type LaneStoreModel, deliveryKey } from "./lane-store-model.ts";
import type { Random } from "./random.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { SimulatedTime } from "./simulated-time.ts";

export interface StoreNeeds {
  readonly time: SimulatedTime;
  readonly random: Random;
  readonly model: LaneStoreModel;
  /** Probability that a call fails now. */
  readonly faults: () => number;
  /** True if only the recording of outcomes is refused. */
  readonly refusesOutcomes: () => boolean;
  readonly hintChanged: (endpointId: number) => void;
}

/** CallPlan of one call: when the database executes it, if at all, and when the caller gets which answer. */
interface CallPlan {
  readonly executedAfterMs: number;
  readonly isExecuted: boolean;
  readonly answeredAfterMs: number;
  readonly fails: boolean;
}

function planCall(random: Random, faults: number): CallPlan {
  const plan = (done: readonly [number, number], answeredLater: readonly [number, number]): CallPlan => {
    const executedAfterMs = random.between(...done);
    return {
      executedAfterMs,
      answeredAfterMs: executedAfterMs + random.between(...answeredLater),
      isExecuted: true,
      fails: false,
    };
  };
  const quick = plan([0, 2], [0, 2]);
  if (!random.happens(faults)) return quick;
  switch (random.pick(["refused", "cut", "late", "hangs", "abandoned"])) {
    case "refused":
      return { ...quick, isExecuted: false, fails: true };
    case "cut":
      return { ...quick, fails: true };
    case "late":
      return plan([0, 1500], [50, 3000]);
    case "hangs":
      return { ...plan([0, 2000], [3000, 8000]), isExecuted: random.happens(0.5), fails: true };
    case "abandoned": // executed nevertheless
      return { ...plan([200, 4000], [0, 0]), answeredAfterMs: random.between(0, 200), fails: true };
  }
}

/** A process's connection to the database. Calls are refused, hang, answer late, or are executed and answered with an error. */
export function unreliableStore(
  { time, random, model, faults, refusesOutcomes, hintChanged }: StoreNeeds,
  process: SimulatedProcess,
): LaneStore {
  const call = <Answer>(act: () => Answer, isRefused = false): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const plan = planCall(random, faults());
      const { executedAfterMs, isExecuted, answeredAfterMs, fails } = isRefused
        ? { ...plan, isExecuted: false, fails: true }
        : plan;
      const responses: Answer[] = [];
      time.after(executedAfterMs, () => void (isExecuted && responses.push(act())));
      time.after(answeredAfterMs, () =>
        process.deliver(() => {
          if (fails) reject(new Error("the connection to the database was lost"));
          else for (const response of responses) resolve(response);
        }),
      );
    });
  const noted = (rows: readonly DueDelivery[]): readonly DueDelivery[] => {
    for (const row of rows) {
      const key = deliveryKey(row);
      // The oldest: a read whose other statement fails is dropped, and one before it may bring the row later.
      const before = process.versionsRead.get(key) ?? row.endpointVersion;
      process.versionsRead.set(key, Math.min(before, row.endpointVersion));
    }
    return rows;
  };
  const recordHeartbeat = (engineId: string, sentAtMs: number): void => {
    if (engineId === process.engineId) process.heartbeatAtMs = Math.max(process.heartbeatAtMs, sentAtMs);
  };
  return {
    async register(engineId, formerIds) {
      const sentAtMs = time.nowMs;
      process.engineId = engineId;
      await call(() => model.register(engineId, formerIds));
      recordHeartbeat(engineId, sentAtMs);
    },
    async heartbeat(engineId) {
      const sentAtMs = time.nowMs;
      const isKnown = await call(() => model.heartbeat(engineId));
      if (isKnown) recordHeartbeat(engineId, sentAtMs);
      return isKnown;
    },
    stopClaims: (engineId) => call(() => model.stopClaims(engineId)),
    unregister: (engineId) => call(() => model.unregister(engineId)),
    findDueLanes: (engineId) => call(() => model.findDueLanes(engineId)),
    claim: (engineId, endpointIds, claimNumber) => call(() => model.claim(engineId, endpointIds, claimNumber)),
    verifyOwnership: (engineId, lanes) => call(() => model.verifyOwnership(engineId, lanes)),
    findRecorded: (engineId, endpointIds) => call(() => model.findRecorded(engineId, endpointIds)),
    release: (engineId, lanes) => call(() => model.release(engineId, lanes)),
    readSettings: (endpointIds) => call(() => model.readSettings(endpointIds)),
    sampleTransactions: () => call(() => model.sampleTransactions()),
    readRuns: async (...args) => noted(await call(() => model.readRuns(...args))),
    readDue: async (...args) => noted(await call(() => model.readDue(...args))),
    disableEndpoint: (settings) =>
      call(() => {
        const isDisabled = model.disableEndpoint(settings);
        if (isDisabled) hintChanged(settings.endpointId);
        return isDisabled;
      }),
    settle: (engineId, settlements) => call(() => model.settle(engineId, settlements), refusesOutcomes()),
  };
}
