import { LRUCache } from "lru-cache";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { AdaptiveWindow, type Pace, TurnQueue } from "./limits.ts";

/** Hosts and endpoints without lanes whose pace is remembered, so that their next delivery need not count as unknown. */
const rememberedMax = 20_000;

/**
 * Attempts at a host that has not responded yet, or an eighth of its window if that is more: a few endpoints that hang
 * say little about the others. With 3, one of 20 hosts at which 15 of 50 endpoints hang was taken for a dead host in every
 * third run.
 */
const firstAttemptsMin = 3;

/** How long a resolved name is taken as resolved. Short, since the resolver's own cache knows the TTL of the addresses. */
const resolvedMs = 1000;

/**
 * One receiver host (scheme, name and port) of any number of endpoints. Their lanes share a window, so that a host that hangs
 * has a few attempts in flight and a few sockets, not one per endpoint. A host may hang for some of its endpoints only:
 * where there are quick responses, late attempts do not count against the window, but against an eighth of it. Lanes that respond
 * slowly have an eighth of their own, so that they do not wait for the time-outs of those that hang.
 */
export class ReceiverHost<WaitingLane extends object> {
  readonly #window: AdaptiveWindow;
  /** There are many hosts, and lanes wait for few of them. */
  #waiting: TurnQueue<WaitingLane> | undefined;
  /** Lanes that respond slowly. */
  #waitingSlow: TurnQueue<WaitingLane> | undefined;
  /** Lanes that send to this host. */
  lanes = 0;
  #onTime = 0;
  #late = 0;
  /** Attempts of lanes that respond slowly, from their start. */
  #slow = 0;
  /** The attempt that ended last had a response. */
  #responds = false;
  #resolvedUntilMs = Number.NEGATIVE_INFINITY;
  #isResolving = false;

  constructor(windowMax: number) {
    this.#window = new AdaptiveWindow(windowMax);
  }

  /** The expected pace of a lane that has had no response yet. */
  get pace(): Pace {
    const { pace, size } = this.#window;
    return this.#late + this.#slow > 0 && (pace === "quick" || size > 1) ? "unknown" : pace;
  }

  /** `respondsSlowly`: the lane is slow, and its last attempt had a response. */
  hasRoom(lanePace: Pace, respondsSlowly = false): boolean {
    const { size, slowMax, pace } = this.#window;
    if (respondsSlowly) return this.#onTime < size && this.#slow < slowMax;
    if (lanePace === "quick") return this.#onTime < size;
    if (size > 1 || pace === "quick" || this.#responds) return this.#onTime < size && this.#late < slowMax;
    return this.#onTime + this.#late < (pace === "unknown" ? Math.max(firstAttemptsMin, slowMax) : 1);
  }

  begin(isLate: boolean, respondsSlowly = false): void {
    this.#count(isLate, respondsSlowly, 1);
  }

  /** An attempt has taken more than a second. */
  markLate(): void {
    this.#onTime -= 1;
    this.#late += 1;
    this.#window.narrow();
  }

  end(wasLate: boolean, outcome: AttemptOutcome, respondsSlowly = false): void {
    this.release(wasLate, respondsSlowly);
    this.#window.learn(outcome);
    this.#responds = outcome.kind === "answered";
  }

  /** An attempt has ended that says nothing about the host. */
  release(wasLate: boolean, respondsSlowly = false): void {
    this.#count(wasLate, respondsSlowly, -1);
  }

  #count(isLate: boolean, respondsSlowly: boolean, by: 1 | -1): void {
    if (!isLate) this.#onTime += by;
    else if (respondsSlowly) this.#slow += by;
    else this.#late += by;
  }

  /** Keeps a lane until the host has room, or its name is resolved. */
  wait(lane: WaitingLane, respondsSlowly = false): void {
    const queue = respondsSlowly ? (this.#waitingSlow ??= new TurnQueue()) : (this.#waiting ??= new TurnQueue());
    queue.add(lane);
  }

  /**
   * Removes and returns the lanes whose turn it is, as many as there is room for: each gets a turn before one of them gets another, and
   * one that seldom waits is next.
   */
  takeWaiting(): readonly WaitingLane[] {
    const { size, slowMax } = this.#window;
    const lanes = takeTurns(this.#waiting, size - this.#onTime);
    return this.#waitingSlow?.length ? [...lanes, ...takeTurns(this.#waitingSlow, slowMax - this.#slow)] : lanes;
  }

  /** True if an attempt that starts now finds the result of the name's look-up in the resolver's cache. */
  isResolved(nowMs: number): boolean {
    return nowMs < this.#resolvedUntilMs;
  }

  get isResolving(): boolean {
    return this.#isResolving;
  }

  beginResolving(): void {
    this.#isResolving = true;
  }

  /** The look-up has ended, with or without addresses. */
  endResolving(nowMs: number): void {
    this.#isResolving = false;
    this.#resolvedUntilMs = nowMs + resolvedMs;
  }
}

/** Takes up to `room` lanes, and one at least. */
function takeTurns<WaitingLane extends object>(
  queue: TurnQueue<WaitingLane> | undefined,
  room: number,
): readonly WaitingLane[] {
  const lanes: WaitingLane[] = [];
  for (let left = Math.max(1, room); queue && left > 0; left -= 1) {
    const lane = queue.take();
    if (!lane) break;
    queue.charge(lane, 1);
    lanes.push(lane);
  }
  return lanes;
}

/** The hosts that this engine sends to, or has sent to. */
export class ReceiverHosts<WaitingLane extends object> {
  readonly #windowMax: number;
  readonly #hosts = new Map<string, ReceiverHost<WaitingLane>>();
  /**
   * Average latency by endpoint and URL, for lanes that are claimed again. Without it, an endpoint that hangs would count as
   * unknown at each retry and keep others from their first attempt. Bounded by size, since `max` would take its memory at
   * once: 2 ms per engine.
   */
  readonly #latenciesMs = new LRUCache<string, number>({ maxSize: rememberedMax, sizeCalculation: () => 1 });

  constructor(windowMax: number) {
    this.#windowMax = windowMax;
  }

  /** Returns the host of a lane that starts to send to the URL. */
  enter(url: string): ReceiverHost<WaitingLane> {
    const name = URL.parse(url)?.origin ?? "";
    const host = this.#hosts.get(name) ?? new ReceiverHost<WaitingLane>(this.#windowMax);
    // The map keeps the order of use, so that the first host without lanes is the one to remove.
    this.#hosts.delete(name);
    this.#hosts.set(name, host);
    host.lanes += 1;
    if (this.#hosts.size > rememberedMax) this.#removeUnused();
    return host;
  }

  /** Returns a new window with the pace of the endpoint's last lane for the URL. */
  windowFor(endpointId: number, url: string): AdaptiveWindow {
    return new AdaptiveWindow(this.#windowMax, this.#latenciesMs.get(keyOf(endpointId, url)));
  }

  /** A lane stops sending to the URL. */
  leave(
    host: ReceiverHost<WaitingLane>,
    { endpointId, url, window }: { endpointId: number; url: string; window: AdaptiveWindow },
  ): void {
    host.lanes -= 1;
    if (window.latencyMs !== undefined) this.#latenciesMs.set(keyOf(endpointId, url), window.latencyMs);
  }

  #removeUnused(): void {
    for (const [name, { lanes }] of this.#hosts) {
      if (lanes > 0) continue;
      this.#hosts.delete(name);
      return;
    }
  }
}

const keyOf = (endpointId: number, url: string): string => `${endpointId} ${url}`;
