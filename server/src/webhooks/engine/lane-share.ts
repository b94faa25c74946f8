import type { DueLanes } from "#webhooks/deliveries/index.ts";
import type { Lane } from "./lane.ts";

/** A lane is some kilobytes; beyond this, other engines may have the rest. */
const lanesMax = 20_000;
/**
 * What is left to the others is theirs for so long: three of their looks. If none of them has taken it, it is anybody's. What
 * was left for want of room is taken sooner, as soon as there is some.
 */
const leftMs = 3000;
/** Lanes were given and nobody took them: an engine lives that takes none, perhaps one that is stopping, which may take 15 s. */
const keepMs = 20_000;

/** A lane that is left to the others. */
interface Left {
  readonly sinceMs: number;
  /** It was this engine's before, and beyond its share. Else there was no room for it, as there may be now. */
  readonly isGiven: boolean;
}

/** What a share asks of a lane. */
type SharedLane = Pick<Lane, "isLeaving" | "isStalled" | "queue" | "pace" | "dropWaiting">;

/**
 * How the lanes that have something due are divided among the engines that live: as many to each. An engine takes no more
 * than its share while others have less, and gives back what it has beyond it. Alone, it takes all there is.
 */
export class LaneShare {
  readonly #findDueLanes: () => Promise<DueLanes>;
  readonly #chance: () => number;
  readonly #left = new Map<number, Left>();
  #keepsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(findDueLanes: () => Promise<DueLanes>, chance: () => number) {
    this.#findDueLanes = findDueLanes;
    this.#chance = chance;
  }

  /** A hint is not followed there: the others hear it too. */
  isLeft(endpointId: number): boolean {
    return this.#left.has(endpointId);
  }

  /** It was this engine's, and is given back for them to take. */
  leave(endpointId: number, sinceMs: number): void {
    this.#left.set(endpointId, { sinceMs, isGiven: true });
  }

  /** Looks for lanes that nobody serves: those to take now. Of `lanes`, its own, marks those that are to be given back. */
  async look(lanes: readonly SharedLane[], nowMs: number): Promise<readonly number[]> {
    const { free, own, owned, engines } = await this.#findDueLanes();
    const share = Math.ceil((owned + free.length) / Math.max(1, engines));
    const taken = this.#choose(free, share - own, nowMs).slice(0, Math.max(0, lanesMax - lanes.length));
    this.#give(lanes, own - share, share, nowMs);
    return taken;
  }

  #choose(free: readonly number[], room: number, nowMs: number): readonly number[] {
    const isFree = new Set(free);
    for (const [id, { sinceMs }] of this.#left) if (!isFree.has(id) && nowMs > sinceMs) this.#left.delete(id);
    // From anywhere on, so that engines that start together do not all reach for the first ones.
    const at = Math.floor(this.#chance() * free.length);
    const chosen: number[] = [];
    for (const id of [...free.slice(at), ...free.slice(0, at)]) {
      const left = this.#left.get(id);
      const isUnwanted = left !== undefined && nowMs - left.sinceMs >= leftMs;
      if (isUnwanted || (room > 0 && !left?.isGiven)) {
        room -= 1;
        chosen.push(id);
        this.#left.delete(id);
      } else if (!left) this.#left.set(id, { sinceMs: nowMs, isGiven: false });
      if (isUnwanted) this.#keepsUntilMs = nowMs + keepMs;
    }
    return chosen;
  }

  /**
   * Only lanes that wait for a place here, so that nothing goes to and fro where there is little to do; and only those
   * whose receivers answer quickly, since what is in flight is waited for. An eighth too many is near enough.
   */
  #give(lanes: readonly SharedLane[], tooMany: number, share: number, nowMs: number): void {
    const leaving = lanes.filter((lane) => lane.isLeaving);
    for (const lane of leaving) if (lane.isStalled) lane.isLeaving = false;
    const toGive = tooMany - leaving.length;
    if (toGive <= Math.floor(share / 8) || nowMs < this.#keepsUntilMs) return;
    const waiting = lanes.filter((lane) => !lane.isLeaving && lane.queue !== undefined && lane.pace === "quick");
    for (const lane of waiting.slice(0, toGive)) {
      lane.isLeaving = true;
      lane.dropWaiting();
    }
  }
}
