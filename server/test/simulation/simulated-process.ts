import type { Clock } from "#platform/clock.ts";
import type { RunningEngine } from "#webhooks/engine/index.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** Offset and drift of this machine's clocks. */
export interface ClockErrors {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** A process with an engine. It has its own clocks, and can be paused and killed. */
export class SimulatedProcess implements Clock {
  readonly number: number;
  readonly #time: SimulatedTime;
  readonly #errors: ClockErrors;
  readonly #deferred: (() => void)[] = [];
  /** The monotonic clock does not count the time for which the machine slept. */
  #sleptMs = 0;
  #asleepSinceMs: number | undefined;
  state: "running" | "frozen" | "killed" = "running";
  engine: RunningEngine | undefined;
  hasStopped = false;
  /** The oldest version of the endpoint with which its engine read a delivery since the last attempt, by delivery. */
  readonly versionsRead = new Map<string, number>();
  /** Id that its engine registered last, and the time of its last answered heartbeat. */
  engineId = "";
  heartbeatAtMs = Number.NEGATIVE_INFINITY;

  constructor(number: number, time: SimulatedTime, errors: ClockErrors) {
    this.number = number;
    this.#time = time;
    this.#errors = errors;
  }

  now(): Date {
    return new Date(this.#time.nowMs + this.#errors.wallMs);
  }

  monotonicMs(): number {
    return (this.#asleepSinceMs ?? this.#time.nowMs) + this.#errors.monotonicMs - this.#sleptMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      this.#time.after(ms, () => this.deliver(resolve));
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Delivers a call from outside: at once, after a pause, or never if the process was killed. */
  deliver(callback: () => void): void {
    if (this.state === "running") callback();
    else if (this.state === "frozen") this.#deferred.push(callback);
  }

  freeze(ms: number): void {
    this.state = "frozen";
    this.#time.after(ms, () => this.thaw());
  }

  /** Freezes the process and its monotonic clock, as a machine that sleeps. */
  fallAsleep(ms: number): void {
    if (this.state !== "running") return;
    this.freeze(ms);
    this.#asleepSinceMs = this.#time.nowMs;
  }

  thaw(): void {
    if (this.state !== "frozen") return;
    this.state = "running";
    this.#sleptMs += this.#time.nowMs - (this.#asleepSinceMs ?? this.#time.nowMs);
    this.#asleepSinceMs = undefined;
    for (const callback of this.#deferred.splice(0)) this.#time.after(0, () => this.deliver(callback));
  }

  kill(): void {
    this.state = "killed";
  }
}
