import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";

import { AdaptiveWindow, type Pace } from "./adaptive-window.ts";
import type { Lane } from "./lane.ts";

/** What is known of some hosts that nobody sends to at present: their next delivery need not wait among the unknown. */
const rememberedMax = 20_000;

/**
 * One host, of however many endpoints: they share a window, so that a host that hangs has one attempt of theirs in
 * flight, not one of each, and no more sockets than that. A host may hang for some of its endpoints only: so
 * attempts that are late do not count against those that get quick answers there.
 */
export class Origin {
  readonly #window: AdaptiveWindow;
  readonly #parked = new Set<Lane>();
  /** Lanes that send there. */
  lanes = 0;
  #inTime = 0;
  #late = 0;

  constructor(windowMax: number) {
    this.#window = new AdaptiveWindow(windowMax);
  }

  /** How a lane that has not been answered yet may expect to be. */
  get pace(): Pace {
    return this.#window.pace === "quick" && this.#late > 0 ? "unknown" : this.#window.pace;
  }

  hasRoom(pace: Pace): boolean {
    if (pace === "quick") return this.#inTime < this.#window.size;
    return this.#inTime + this.#late < this.#window.size && this.#late < this.#window.slowMax;
  }

  begin(isLate: boolean): void {
    if (isLate) this.#late += 1;
    else this.#inTime += 1;
  }

  /** An attempt has taken more than a second. */
  late(): void {
    this.#inTime -= 1;
    this.#late += 1;
    this.#window.narrow();
  }

  end(wasLate: boolean, outcome: AttemptOutcome): void {
    if (wasLate) this.#late -= 1;
    else this.#inTime -= 1;
    this.#window.learn(outcome);
  }

  /** Keeps a lane that found no room. */
  park(lane: Lane): void {
    this.#parked.add(lane);
  }

  /** The lanes that have waited longest, as many as there is room for. */
  unpark(): readonly Lane[] {
    if (this.#parked.size === 0) return [];
    const lanes = [...this.#parked].slice(0, Math.max(1, this.#window.size - this.#inTime));
    for (const lane of lanes) this.#parked.delete(lane);
    return lanes;
  }
}

/** The hosts that this engine sends to, and those that it has sent to before. */
export class Origins {
  readonly #windowMax: number;
  readonly #known = new Map<string, Origin>();

  constructor(windowMax: number) {
    this.#windowMax = windowMax;
  }

  /** The origin of a lane that begins to send there. */
  enter(url: string): Origin {
    const name = URL.parse(url)?.origin ?? "";
    const origin = this.#known.get(name) ?? new Origin(this.#windowMax);
    // The map is kept in the order of use, so that the first without lanes is the one to forget.
    this.#known.delete(name);
    this.#known.set(name, origin);
    origin.lanes += 1;
    if (this.#known.size > rememberedMax) this.#forgetOne();
    return origin;
  }

  #forgetOne(): void {
    for (const [name, { lanes }] of this.#known) {
      if (lanes > 0) continue;
      this.#known.delete(name);
      return;
    }
  }
}
