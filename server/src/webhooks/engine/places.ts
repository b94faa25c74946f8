import { slowMs, type Pace } from "./adaptive-window.ts";

/** An attempt under way. */
export interface Place {
  readonly startedMs: number;
  readonly isUnknown: boolean;
  /** It has taken more than a second, or is expected to. */
  isLate: boolean;
  /** It holds a place of the slow half. */
  isSlow: boolean;
  readonly onLate: () => void;
}

/**
 * The engine's places for attempts, in two halves: one for receivers that answer within a second, one for those that do
 * not. An attempt that turns out to be slow moves over; so that there is room for it, those that are known to be slow
 * start in half of their half only. Those of whom nothing is known start in a quarter of the quick half: however many
 * of them hang, they fill that and the slow half, and who is quick has three quarters left.
 */
export class Places {
  readonly #halfMax: number;
  readonly #slowStartMax: number;
  readonly #unknownMax: number;
  /** In the order of their start. */
  readonly #inTime = new Set<Place>();
  /** Late, while the slow half has no room. */
  readonly #overdue = new Set<Place>();
  #slow = 0;
  #unknown = 0;

  constructor(total: number) {
    this.#halfMax = Math.max(1, Math.floor(total / 2));
    this.#slowStartMax = Math.max(1, Math.floor(this.#halfMax / 2));
    this.#unknownMax = Math.max(1, Math.floor(this.#halfMax / 4));
  }

  get inFlight(): number {
    return this.#inTime.size + this.#overdue.size + this.#slow;
  }

  hasRoom(pace: Pace): boolean {
    if (pace === "slow") return this.#slow < this.#slowStartMax;
    const isFull = this.#inTime.size + this.#overdue.size >= this.#halfMax;
    return !isFull && (pace === "quick" || this.#unknown < this.#unknownMax);
  }

  take(startedMs: number, pace: Pace, onLate: () => void): Place {
    const isSlow = pace === "slow";
    const place: Place = { startedMs, isUnknown: pace === "unknown", isLate: isSlow, isSlow, onLate };
    if (isSlow) this.#slow += 1;
    else this.#inTime.add(place);
    if (place.isUnknown) this.#unknown += 1;
    return place;
  }

  give(place: Place): void {
    if (place.isSlow) this.#slow -= 1;
    else this.#leaveQuick(place);
  }

  /** Notices the attempts that have taken too long, and moves them, oldest first, as far as the slow half has room. */
  moveSlow(nowMs: number): void {
    for (const place of this.#inTime) {
      if (nowMs - place.startedMs <= slowMs) break;
      this.#inTime.delete(place);
      this.#overdue.add(place);
      place.isLate = true;
      place.onLate();
    }
    for (const place of this.#overdue) {
      if (this.#slow >= this.#halfMax) return;
      this.#leaveQuick(place);
      this.#slow += 1;
      place.isSlow = true;
    }
  }

  #leaveQuick(place: Place): void {
    (place.isLate ? this.#overdue : this.#inTime).delete(place);
    if (place.isUnknown) this.#unknown -= 1;
  }
}
