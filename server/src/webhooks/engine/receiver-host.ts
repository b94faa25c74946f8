import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import type { Lane } from "./lane.ts";
import { AdaptiveWindow, type Pace } from "./limits.ts";

/** What is known of some hosts that nobody sends to at present: their next delivery need not wait among the unknown. */
const hostsMax = 20_000;

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
export class ReceiverHost {
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
export class ReceiverHosts {
  readonly #windowMax: number;
  readonly #known = new Map<string, ReceiverHost>();
  readonly #paces = new LatencyMemory();

  constructor(windowMax: number) {
    this.#windowMax = windowMax;
  }

  /** The origin of a lane that begins to send there. */
  enter(url: string): ReceiverHost {
    const name = URL.parse(url)?.origin ?? "";
    const origin = this.#known.get(name) ?? new ReceiverHost(this.#windowMax);
    // The map is kept in the order of use, so that the first without lanes is the one to forget.
    this.#known.delete(name);
    this.#known.set(name, origin);
    origin.lanes += 1;
    if (this.#known.size > hostsMax) this.#forgetOne();
    return origin;
  }

  /** For a lane that begins to send there: as quick or as slow as the one before it was at the end. */
  windowFor(endpointId: number, url: string): AdaptiveWindow {
    return new AdaptiveWindow(this.#windowMax, this.#paces.recall(endpointId, url));
  }

  /** A lane sends there no more. */
  leave(
    origin: ReceiverHost,
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

/** Some of the endpoints that nobody sends to at present: 100 bytes each. */
const latenciesMax = 20_000;

/**
 * How long endpoints usually took to answer, for lanes that come back: one goes back when it has been idle for a while,
 * and one that hangs comes back with each retry. Among those of whom nothing is known it would keep others from their
 * first attempt, minute after minute. It counts for the URL that answered so.
 */
class LatencyMemory {
  readonly #usualMs = new Map<string, number>();

  recall(endpointId: number, url: string): number | undefined {
    return this.#usualMs.get(keyOf(endpointId, url));
  }

  keep(endpointId: number, url: string, usualMs: number | undefined): void {
    if (usualMs === undefined) return;
    // The map is kept in the order of use, so that the first is the one to forget.
    this.#usualMs.delete(keyOf(endpointId, url));
    this.#usualMs.set(keyOf(endpointId, url), usualMs);
    const [oldest] = this.#usualMs.keys();
    if (this.#usualMs.size > latenciesMax && oldest !== undefined) this.#usualMs.delete(oldest);
  }
}

const keyOf = (endpointId: number, url: string): string => `${endpointId} ${url}`;
