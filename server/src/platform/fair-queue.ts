/** The groups that work belongs to, the widest first: provider, then network. Groups take turns at each level. */
export type Turn = readonly string[];

interface FairQueueLimits {
  /** Pieces of work that run at once. */
  readonly slots: number;
  /** Those that belong to one group of the second level. Default: all. */
  readonly slotsOfGroup?: number;
  /** Pieces of work that wait. One more refuses the newest of the group that has most of them. */
  readonly waitingMax: number;
  /** Sent with a refusal: about as long as a full queue takes. */
  readonly retryAfterSeconds: number;
}

export type FairQueue = <T>(turn: Turn, work: () => Promise<T>) => Promise<T>;

/** Rejects work that does not fit, or that gives way to a smaller group. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super("too much work is waiting");
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * A bounded queue in which a group with much work delays nobody but itself: groups take turns, at each level of `Turn`,
 * and a full queue refuses the newest work of the largest group.
 */
export function createFairQueue({ slots, slotsOfGroup = slots, ...limits }: FairQueueLimits): FairQueue {
  const { waitingMax, retryAfterSeconds } = limits;
  const queue = new FairSlots(() => ({ all: slots, ofGroup: slotsOfGroup }));
  return async (turn, work) => {
    const started = queue.take(turn);
    if (queue.waiting > waitingMax) queue.refuseNewestOfLargest(new QueueFull(retryAfterSeconds));
    if (started) await started;
    try {
      return await work();
    } finally {
      queue.release(turn);
    }
  };
}

interface SlotCounts {
  readonly all: number;
  /** The part that one group of the second level may have. */
  readonly ofGroup: number;
}

interface WaitLimit {
  readonly ms: number;
  readonly error: () => Error;
}

interface Waiting {
  readonly turn: Turn;
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

/** Slots for work. If all are taken, groups take turns, at each level of `Turn`. */
export class FairSlots {
  readonly #counts: () => SlotCounts;
  readonly #queue = newGroup();
  readonly #takenBy = new Map<string, number>();
  #taken = 0;

  /** `counts` may change. Call `startWaiting` after that. */
  constructor(counts: () => SlotCounts) {
    this.#counts = counts;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Takes a slot. Returns undefined if there was one, or a promise of one, which rejects after the time limit. Call `release` with the
   * same turn when the work has ended.
   */
  take(turn: Turn, limit?: WaitLimit): Promise<void> | undefined {
    if (this.#taken < this.#counts().all && !this.#hasShare(turn)) {
      this.#add(turn, 1);
      return undefined;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { turn, start: resolve, refuse: reject };
    append(this.#queue, turn, waiting);
    return limit ? this.#within(limit, waiting, promise) : promise;
  }

  release(turn: Turn): void {
    this.#add(turn, -1);
    this.startWaiting();
  }

  startWaiting(): void {
    while (this.#taken < this.#counts().all) {
      const next = takeNext(this.#queue, (group) => this.#hasShare(group));
      if (!next) return;
      this.#add(next.turn, 1);
      next.start();
    }
  }

  /** Rejects the newest waiting work of the largest group. */
  refuseNewestOfLargest(error: Error): void {
    takeNewestOfLargest(this.#queue)?.refuse(error);
  }

  async #within({ ms, error }: WaitLimit, waiting: Waiting, started: Promise<void>): Promise<void> {
    const late = setTimeout(() => {
      if (remove(this.#queue, waiting.turn, waiting)) waiting.refuse(error());
    }, ms);
    late.unref();
    try {
      await started;
    } finally {
      clearTimeout(late);
    }
  }

  /** Returns whether a group of the second level, or the one that `group` is in, has all slots that it may take. */
  #hasShare(group: Turn): boolean {
    const name = shareOf(group);
    return name !== undefined && (this.#takenBy.get(name) ?? 0) >= this.#counts().ofGroup;
  }

  #add(turn: Turn, count: 1 | -1): void {
    this.#taken += count;
    const name = shareOf(turn);
    if (name === undefined) return;
    const taken = (this.#takenBy.get(name) ?? 0) + count;
    if (taken > 0) this.#takenBy.set(name, taken);
    else this.#takenBy.delete(name);
  }
}

const shareOf = ([first, second]: Turn): string | undefined =>
  second === undefined ? undefined : `${first} ${second}`;

/** A group: either groups of its own, or work. `size` counts all work below it. */
interface Group {
  readonly groups: Map<string, Group>;
  readonly work: Waiting[];
  size: number;
}

const newGroup = (): Group => ({ groups: new Map(), work: [], size: 0 });

function append(group: Group, [name, ...inner]: Turn, waiting: Waiting): void {
  group.size += 1;
  if (name === undefined) return void group.work.push(waiting);
  const known = group.groups.get(name) ?? newGroup();
  group.groups.set(name, known);
  append(known, inner, waiting);
}

/** Takes the oldest work of the next group that `isSkipped` lets pass, and puts that group at the end of the round. */
function takeNext(group: Group, isSkipped: (group: Turn) => boolean, path: Turn = []): Waiting | undefined {
  for (const [name, inner] of group.groups) {
    const innerPath = [...path, name];
    const taken = isSkipped(innerPath) ? undefined : takeNext(inner, isSkipped, innerPath);
    if (!taken) continue;
    group.size -= 1;
    group.groups.delete(name);
    if (inner.size > 0) group.groups.set(name, inner);
    return taken;
  }
  const taken = group.work.shift();
  if (taken) group.size -= 1;
  return taken;
}

/** Takes the newest work of the largest group; among equal groups, of the last one in the round. */
function takeNewestOfLargest(group: Group): Waiting | undefined {
  const largest = [...group.groups].reduce<[string, Group] | undefined>(
    (most, entry) => (most === undefined || entry[1].size >= most[1].size ? entry : most),
    undefined,
  );
  const taken = largest ? takeNewestOfLargest(largest[1]) : group.work.pop();
  if (!taken) return undefined;
  group.size -= 1;
  if (largest && largest[1].size === 0) group.groups.delete(largest[0]);
  return taken;
}

/** Removes work that waits. Returns false if it does not wait any more. */
function remove(group: Group, [name, ...inner]: Turn, waiting: Waiting): boolean {
  if (name === undefined) {
    const place = group.work.indexOf(waiting);
    if (place === -1) return false;
    group.work.splice(place, 1);
  } else {
    const known = group.groups.get(name);
    if (!known || !remove(known, inner, waiting)) return false;
    if (known.size === 0) group.groups.delete(name);
  }
  group.size -= 1;
  return true;
}
