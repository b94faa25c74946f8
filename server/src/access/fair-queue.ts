/** The groups that work belongs to, the widest first: provider, then network. Groups take turns at each level. */
export type Turn = readonly string[];

interface FairQueueLimits {
  /** Pieces of work that run at once. */
  readonly slots: number;
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

interface Waiting {
  readonly start: () => void;
  readonly refuse: () => void;
}

/** A group: either groups of its own, or work. `size` counts all work below it. */
interface Group {
  readonly groups: Map<string, Group>;
  readonly work: Waiting[];
  size: number;
}

const newGroup = (): Group => ({ groups: new Map(), work: [], size: 0 });

/**
 * A bounded queue in which a group with much work delays nobody but itself: groups take turns, at each level of `Turn`,
 * and a full queue refuses the newest work of the largest group.
 */
export function createFairQueue({ slots, waitingMax, retryAfterSeconds }: FairQueueLimits): FairQueue {
  const root = newGroup();
  let free = slots;

  const wait = (turn: Turn): Promise<void> =>
    new Promise((start, reject) => {
      append(root, turn, { start, refuse: () => reject(new QueueFull(retryAfterSeconds)) });
      if (root.size > waitingMax) takeNewestOfLargest(root)?.refuse();
    });

  return async (turn, work) => {
    if (free > 0) free -= 1;
    else await wait(turn);
    try {
      return await work();
    } finally {
      const next = takeNext(root);
      if (next) next.start();
      else free += 1;
    }
  };
}

function append(group: Group, [name, ...inner]: Turn, waiting: Waiting): void {
  group.size += 1;
  if (name === undefined) return void group.work.push(waiting);
  const known = group.groups.get(name) ?? newGroup();
  group.groups.set(name, known);
  append(known, inner, waiting);
}

/** Takes the oldest work of the next group, and puts that group at the end of the round. */
function takeNext(group: Group): Waiting | undefined {
  const [turn] = group.groups;
  const taken = turn ? takeNext(turn[1]) : group.work.shift();
  if (!taken) return undefined;
  group.size -= 1;
  if (turn) {
    const [name, inner] = turn;
    group.groups.delete(name);
    if (inner.size > 0) group.groups.set(name, inner);
  }
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
