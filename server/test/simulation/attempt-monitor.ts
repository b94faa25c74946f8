import type { AttemptRequest } from "#webhooks/attempts/index.ts";
import { type AttemptOutcome, retryAfterSeconds } from "#webhooks/deliveries/index.ts";
import { type LaneStoreModel, deliveryKey, versionHeader } from "./lane-store-model.ts";
import { promises } from "./promises.ts";
import { hostOf } from "./simulated-network.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** An attempt in flight. */
export interface ObservedAttempt {
  readonly process: SimulatedProcess;
  readonly endpointId: number;
  readonly key: string;
  readonly attempt: number;
  /** The lane's owner in the database, and its epoch, when the attempt began. */
  readonly owner: string | null;
  readonly epoch: number;
  /** Version of the endpoint's settings with which it is made. */
  readonly version: number;
  readonly atMs: number;
  /** True if the process has not received an answer from the endpoint yet. */
  readonly isFirst: boolean;
  endedAtMs: number | undefined;
  /** True if it ended within a second. */
  wasQuick: boolean;
  /** True if it ended the delivery. */
  isLast: boolean;
}

/** Observes every attempt, and checks the engine's guarantees when it begins. */
export class AttemptMonitor {
  readonly time: SimulatedTime;
  readonly model: LaneStoreModel;
  readonly leaseMs: number;
  readonly inFlightMax: number;
  readonly violations: string[] = [];
  /** All attempts of each endpoint, in order. */
  readonly observedAttempts = new Map<number, ObservedAttempt[]>();
  /** Deliveries that were made due manually: their waits do not count. */
  readonly madeDueManually = new Set<string>();
  /** By endpoint and epoch, the end of the receiver's pause. */
  readonly pausedUntilMs = new Map<string, number>();
  count = 0;

  constructor(needs: Pick<AttemptMonitor, "time" | "model" | "leaseMs" | "inFlightMax">) {
    this.time = needs.time;
    this.model = needs.model;
    this.leaseMs = needs.leaseMs;
    this.inFlightMax = needs.inFlightMax;
  }

  start(process: SimulatedProcess, endpointId: number, { id, attempt, headers }: AttemptRequest): ObservedAttempt {
    const lane = this.model.lanes.get(endpointId);
    const observed: ObservedAttempt = {
      process,
      endpointId,
      key: deliveryKey({ eventId: id, endpointId }),
      attempt,
      owner: lane?.owner ?? null,
      epoch: lane?.epoch ?? 0,
      version: Number(headers[versionHeader]),
      atMs: this.time.nowMs,
      isFirst: !this.of(endpointId).some((one) => one.process === process && one.endedAtMs !== undefined),
      endedAtMs: undefined,
      wasQuick: false,
      isLast: false,
    };
    for (const [promise, isKept] of Object.entries(promises)) {
      if (!isKept(observed, this)) this.reportViolation(`${promise}: ${describe(observed)}`);
    }
    process.versionsRead.delete(observed.key);
    this.of(endpointId).push(observed);
    this.count += 1;
    return observed;
  }

  end(observed: ObservedAttempt, outcome: AttemptOutcome): void {
    observed.endedAtMs = this.time.nowMs;
    observed.wasQuick = outcome.latencyMs <= 1000;
    observed.isLast = this.#isLast(observed, outcome);
    const seconds = retryAfterSeconds(outcome, new Date(this.model.nowMs)) ?? 0;
    if (seconds === 0) return;
    const lane = `${observed.endpointId} ${observed.epoch}`;
    this.pausedUntilMs.set(lane, Math.max(this.pausedUntilMs.get(lane) ?? 0, this.time.nowMs + seconds * 1000));
  }

  /** True if it is a success or the last attempt of its round. */
  #isLast({ key, endpointId, attempt }: ObservedAttempt, outcome: AttemptOutcome): boolean {
    if (outcome.kind === "answered" && outcome.status === 200) return true;
    const endpoint = this.model.endpoints.get(endpointId);
    if (outcome.kind === "answered" && outcome.status === 410 && endpoint?.isDefault === false) return true;
    const roundStart = this.model.due.get(key)?.roundStart ?? 0;
    return attempt - roundStart > (endpoint?.retryWaitsSeconds.length ?? 0);
  }

  reportViolation(sentence: string): void {
    this.violations.push(`at ${this.time.nowMs} ms: ${sentence}`);
  }

  of(endpointId: number): ObservedAttempt[] {
    const observedAttempts = this.observedAttempts.get(endpointId) ?? [];
    this.observedAttempts.set(endpointId, observedAttempts);
    return observedAttempts;
  }

  /** Attempts of a process at the endpoint's receiver host. */
  toHost(process: SimulatedProcess, endpointId: number): readonly ObservedAttempt[] {
    return [...this.observedAttempts]
      .filter(([id]) => hostOf(id) === hostOf(endpointId))
      .flatMap(([, observedAttempts]) => observedAttempts.filter((observed) => observed.process === process));
  }

  /** Attempts that a live process has in flight. */
  inFlight(process: SimulatedProcess): readonly ObservedAttempt[] {
    return [...this.observedAttempts.values()]
      .flat()
      .filter((observed) => observed.process === process && observed.endedAtMs === undefined);
  }
}

const describe = ({ process, key, attempt, epoch, owner }: ObservedAttempt): string =>
  `attempt ${attempt} of ${key} by process ${process.number} (${process.engineId}), lane of ${owner}, epoch ${epoch}`;
