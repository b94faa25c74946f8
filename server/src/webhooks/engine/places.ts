import { slowMs } from "./lane-window.ts";

/** An attempt under way, and which half of the places it holds. */
export interface Place {
  readonly startedMs: number;
  isSlow: boolean;
  readonly becomesSlow: () => void;
}

/**
 * The engine's places for attempts, in two halves: one for those that answer within a second, one for those that do
 * not. However many receivers hang, they fill their own half; an attempt that turns out to be slow moves over.
 */
export class Places {
  readonly #halfMax: number;
  readonly #quick = new Set<Place>();
  #slow = 0;

  constructor(total: number) {
    this.#halfMax = Math.max(1, Math.floor(total / 2));
  }

  get inFlight(): number {
    return this.#quick.size + this.#slow;
  }

  hasRoom(isSlow: boolean): boolean {
    return (isSlow ? this.#slow : this.#quick.size) < this.#halfMax;
  }

  take(startedMs: number, isSlow: boolean, becomesSlow: () => void): Place {
    const place: Place = { startedMs, isSlow, becomesSlow };
    if (isSlow) this.#slow += 1;
    else this.#quick.add(place);
    return place;
  }

  give(place: Place): void {
    if (place.isSlow) this.#slow -= 1;
    else this.#quick.delete(place);
  }

  /** Moves attempts that have taken too long, oldest first, as far as the slow half has room. */
  moveSlow(nowMs: number): void {
    for (const place of this.#quick) {
      if (nowMs - place.startedMs <= slowMs || this.#slow >= this.#halfMax) return;
      this.#quick.delete(place);
      this.#slow += 1;
      place.isSlow = true;
      place.becomesSlow();
    }
  }
}
