import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";

import { AdaptiveWindow, type Pace } from "./adaptive-window.ts";
import type { Lane } from "./lane.ts";
import { Paces } from "./paces.ts";

/** What is known of some hosts that nobody sends to at present: their next delivery need not wait among the unknown. */
const rememberedMax = 20_000;

/**
 * Attempts at a host that has not answered yet, or an eighth of the width if that is more: a few endpoints that hang there
 * say little about the others. With three, one of 20 hosts where 15 of 50 endpoints hang was taken for one that hangs in every
 * third run.
 */
const firstAttemptsLeast = 3;

/**
 * One host, of however many endpoints: they share a window, so that a host that hangs has few attempts of theirs in
 * flight, not one of each, and no more sockets than that. A host may hang for some of its endpoints only: so where
 * there are quick answers, attempts that are late do not count against the window; they have an eighth of the width.
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
    const { pace, size } = this.#window;
    return this.#late > 0 && (pace === "quick" || size > 1) ? "unknown" : pace;
  }

  hasRoom(pace: Pace): boolean {
    const { size, slowMax, pace: its } = this.#window;
    if (pace === "quick") return this.#inTime < size;
    if (size > 1 || its === "quick") return this.#inTime < size && this.#late < slowMax;
    return this.#inTime + this.#late < (its === "unknown" ? Math.max(firstAttemptsLeast, slowMax) : 1);
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
  readonly #paces = new Paces();

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

  /** For a lane that begins to send there: as quick or as slow as the one before it was at the end. */
  windowFor(endpointId: number, url: string): AdaptiveWindow {
    return new AdaptiveWindow(this.#windowMax, this.#paces.recall(endpointId, url));
  }

  /** A lane sends there no more. */
  leave(
    origin: Origin,
    { endpointId, url, window }: { endpointId: number; url: string; window: AdaptiveWindow },
  ): void {
    origin.lanes -= 1;
    this.#paces.keep(endpointId, url, window.usualMs);
  }

  #forgetOne(): void {
    for (const [name, { lanes }] of this.#known) {
      if (lanes > 0) continue;
      this.#known.delete(name);
      return;
    }
  }
}
