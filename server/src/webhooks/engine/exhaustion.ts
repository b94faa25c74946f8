import type { NotMade } from "#webhooks/attempts/index.ts";

/** How long nothing is started after a lack of descriptors, and the interval at which more is allowed again. */
const stepMs = 250;
/** Interval of log lines, whatever the number of attempts that could not be made. */
const logEveryMs = 10_000;

interface ExhaustionLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** Counts an attempt that could not be made. */
  notMade(notMade: NotMade): void;
}

/**
 * Concurrency limit of a process that lacks file descriptors or socket memory, of which each attempt needs some. After a lack,
 * nothing is started for a moment. Then as many attempts may be in flight as were then, plus a quarter more at each step
 * without a lack: from 1 to 200 within six seconds.
 */
export class Exhaustion {
  readonly #log: ExhaustionLog;
  #inFlightMax = Number.POSITIVE_INFINITY;
  #raisedAtMs = Number.NEGATIVE_INFINITY;
  /** The limit above which there is none: that of the engine. */
  readonly #slots: number;
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  constructor(slots: number, log: ExhaustionLog) {
    this.#slots = slots;
    this.#log = log;
  }

  /** True if another attempt may start. */
  allows(inFlight: number, nowMs: number): boolean {
    if (this.#inFlightMax === Number.POSITIVE_INFINITY) return true;
    if (nowMs < this.#raisedAtMs) return false;
    for (; this.#raisedAtMs + stepMs <= nowMs && this.#inFlightMax < this.#slots; this.#raisedAtMs += stepMs)
      this.#inFlightMax += Math.max(1, Math.floor(this.#inFlightMax / 4));
    if (this.#inFlightMax >= this.#slots) this.#inFlightMax = Number.POSITIVE_INFINITY;
    return inFlight < this.#inFlightMax;
  }

  /** An attempt could not be made while `inFlight` others were under way. */
  learn(notMade: NotMade, inFlight: number, nowMs: number): void {
    this.#log.notMade(notMade);
    this.#unlogged += 1;
    if (nowMs - this.#loggedAtMs >= logEveryMs) {
      this.#log.warn(
        { code: notMade.code, notMade: this.#unlogged, inFlight },
        "no connection could be opened for want of file descriptors, ports or socket memory; trying again, and no attempt counts",
      );
      this.#loggedAtMs = nowMs;
      this.#unlogged = 0;
    }
    if (notMade.resource === "ports") return; // one receiver is concerned, and its lane pauses
    this.#inFlightMax = Math.min(this.#inFlightMax, Math.max(1, inFlight));
    this.#raisedAtMs = nowMs + stepMs;
  }
}
