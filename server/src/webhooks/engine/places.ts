import { slowMs, type Pace } from "./adaptive-window.ts";

/** An attempt under way. */
export interface Place {
  readonly startedMs: number;
  readonly isUnknown: boolean;
  /** It has taken more than a second, or is expected to. */
  isLate: boolean;
  room: Room;
  readonly onLate: () => void;
}

/** The two halves, and beside them. */
type Room = "quick" | "slow" | "aside";

interface Attempt {
  /** How its receiver may be expected to answer. */
  readonly pace: Pace;
  /** Its endpoint has not been answered for before. */
  readonly isFirst: boolean;
  readonly onLate: () => void;
}

/** Who answers a first attempt within that long is told from who hangs. */
const firstAnswerMs = 200;
/** So many first attempts to each place may be without an answer and without a place: each costs a socket. */
const asidePerPlace = 4;

/**
 * The engine's places for attempts, in two halves: one for receivers that answer within a second, one for those that do
 * not. An attempt that turns out to be slow moves over; so that there is room for it, those that are known to be slow
 * start in half of their half only. Those of whom nothing is known start in a quarter of the quick half.
 *
 * An endpoint's first attempt that has no answer after 200 ms steps aside and holds no place any more, so that the next
 * endpoint can be tried: 300 that hang are found out within seconds, not one timeout after another. There is one such
 * attempt for each endpoint, so no receiver gets more for it. If all room aside is taken, it is as late as any other.
 */
export class Places {
  readonly #halfMax: number;
  readonly #slowStartMax: number;
  readonly #unknownMax: number;
  readonly #asideMax: number;
  /** Not late yet, in the order of their start. */
  readonly #inTime = new Set<Place>();
  /** First attempts that hold a place, in the same order. */
  readonly #first = new Set<Place>();
  /** Late, while the slow half has no room. */
  readonly #overdue = new Set<Place>();
  readonly #taken: Record<Room, number> = { quick: 0, slow: 0, aside: 0 };
  #unknown = 0;

  constructor(total: number) {
    this.#halfMax = Math.max(1, Math.floor(total / 2));
    this.#slowStartMax = Math.max(1, Math.floor(this.#halfMax / 2));
    this.#unknownMax = Math.max(1, Math.floor(this.#halfMax / 4));
    this.#asideMax = total * asidePerPlace;
  }

  get inFlight(): number {
    return this.#taken.quick + this.#taken.slow + this.#taken.aside;
  }

  hasRoom(pace: Pace): boolean {
    if (pace === "slow") return this.#taken.slow < this.#slowStartMax;
    return this.#taken.quick < this.#halfMax && (pace === "quick" || this.#unknown < this.#unknownMax);
  }

  take(startedMs: number, { pace, isFirst, onLate }: Attempt): Place {
    const isSlow = pace === "slow";
    const room = isSlow ? "slow" : "quick";
    const place: Place = { startedMs, isUnknown: pace === "unknown", isLate: isSlow, room, onLate };
    this.#taken[room] += 1;
    if (place.isUnknown) this.#unknown += 1;
    if (isSlow) return place;
    this.#inTime.add(place);
    if (isFirst) this.#first.add(place);
    return place;
  }

  give(place: Place): void {
    (place.isLate ? this.#overdue : this.#inTime).delete(place);
    this.#leave(place);
  }

  /** Lets first attempts step aside, notices what has taken too long and moves it, the oldest first, as far as there is room. */
  moveSlow(nowMs: number): void {
    for (const place of this.#first) {
      if (nowMs - place.startedMs <= firstAnswerMs || this.#taken.aside >= this.#asideMax) break;
      this.#move(place, "aside");
    }
    for (const place of this.#inTime) {
      if (nowMs - place.startedMs <= slowMs) break;
      this.#inTime.delete(place);
      if (place.room === "quick") this.#overdue.add(place);
      place.isLate = true;
      place.onLate();
    }
    for (const place of this.#overdue) {
      if (this.#taken.slow >= this.#halfMax) return;
      this.#overdue.delete(place);
      this.#move(place, "slow");
    }
  }

  #move(place: Place, room: Room): void {
    this.#leave(place);
    place.room = room;
    this.#taken[room] += 1;
  }

  #leave(place: Place): void {
    this.#taken[place.room] -= 1;
    if (place.room !== "quick") return;
    if (place.isUnknown) this.#unknown -= 1;
    this.#first.delete(place);
  }
}
