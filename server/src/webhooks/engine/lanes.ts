import type { ClaimedLane, DueLanes } from "#webhooks/deliveries/index.ts";
import type { DeliverySettings, UndecryptableEndpoint } from "#webhooks/endpoints/index.ts";
import { Lane } from "./lane.ts";
import type { Lease } from "./lease.ts";
import { ReceiverHosts } from "./receiver-host.ts";
import type { EngineNeeds } from "./store.ts";

/** Lanes with due deliveries are looked for this often, whatever hint was lost. */
const sweepMs = 1000;
/** A lane whose looks have found nothing for so long goes back: its next deliveries are any engine's. */
const idleMs = 2000;
/**
 * How long an endpoint that this engine cannot decrypt is left alone, unless it changes: one claim a minute costs little, and
 * an engine that has the key claims it meanwhile.
 */
const undecryptableMs = 60_000;

/** The lanes this engine owns: taken when something is due, given back when nothing is. */
export class OwnedLanes {
  readonly #needs: EngineNeeds;
  readonly #lease: Lease;
  readonly #origins: ReceiverHosts;
  readonly #share: Rebalancing;
  readonly #lanes = new Map<number, Lane>();
  /** Not owned any more, with requests that are still open. */
  readonly #ended = new Map<number, Lane>();
  readonly #hinted = new Set<number>();
  readonly #changed = new Set<number>();
  /** Asked for or given back without an answer: the database may have them as this engine's. */
  readonly #unsure = new Set<number>();
  readonly #doubted = new Set<Lane>();
  /** Endpoints that this engine cannot decrypt, and until when each is left alone. */
  readonly #undecryptable = new Map<number, number>();
  #sweepAtMs = 0;
  #asked = 0;

  constructor(needs: EngineNeeds, lease: Lease) {
    this.#needs = needs;
    this.#lease = lease;
    this.#origins = new ReceiverHosts(needs.inFlightMax);
    this.#share = new Rebalancing(() => needs.store.findDueLanes(lease.engineId), needs.chance);
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** How many endpoints with due deliveries this engine cannot decrypt. */
  get undecryptable(): number {
    return this.#undecryptable.size;
  }

  owns(lane: Lane): boolean {
    return this.#lanes.get(lane.endpointId) === lane;
  }

  /** Something is due at these endpoints; no names at all mean: anywhere. Gives those that are owned already. */
  hintDue(endpointIds: readonly number[]): readonly Lane[] {
    if (endpointIds.length === 0) {
      this.#sweepAtMs = 0;
      return this.#lookAt([...this.#lanes.values()]);
    }
    for (const id of endpointIds) if (!this.#lanes.has(id) && !this.#share.isLeft(id)) this.#hinted.add(id);
    return this.#lookAt(endpointIds.flatMap((id) => this.#lanes.get(id) ?? []));
  }

  all(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  /** Lanes whose time to be looked at has come. */
  toLookAt(nowMs: number): readonly Lane[] {
    return [...this.#lanes.values()].filter((lane) => lane.looks.areDue(nowMs));
  }

  /** The settings of these endpoints have changed; no names at all mean: any may have. */
  hintChanged(endpointIds: readonly number[]): void {
    if (endpointIds.length === 0) this.#undecryptable.clear();
    for (const id of endpointIds.length > 0 ? endpointIds : this.#lanes.keys()) {
      this.#undecryptable.delete(id);
      if (this.#lanes.has(id)) this.#changed.add(id);
      else this.#hinted.add(id);
    }
  }

  /** Takes the lanes that were hinted at, and each second those that have something due. */
  async take(): Promise<readonly Lane[]> {
    const endpointIds = new Set(this.#hinted);
    this.#hinted.clear();
    const nowMs = this.#needs.clock.monotonicMs();
    if (nowMs >= this.#sweepAtMs) {
      this.#sweepAtMs = nowMs + sweepMs;
      for (const id of this.#unsure) endpointIds.add(id);
      for (const id of await this.#share.look(this.all(), nowMs)) endpointIds.add(id);
    }
    // One that was hinted at while it was taken is not taken from itself.
    const free = [...endpointIds].filter((id) => !this.#lanes.has(id) && !this.#isUndecryptable(id, nowMs));
    if (free.length === 0) return [];
    try {
      return await this.#take(free);
    } catch (error) {
      for (const id of free) this.#unsure.add(id);
      throw error;
    }
  }

  /** Reads changed settings again. A lane that may not send any more finishes what is in flight, and goes back. */
  async refresh(): Promise<void> {
    if (this.#changed.size === 0) return;
    const endpointIds = [...this.#changed];
    this.#changed.clear();
    const settings = await this.#read(endpointIds).catch((error: unknown) => {
      for (const id of endpointIds) this.#changed.add(id);
      throw error;
    });
    const nowMs = this.#needs.clock.monotonicMs();
    for (const lane of endpointIds.flatMap((id) => this.#lanes.get(id) ?? [])) {
      const its = settings.get(lane.endpointId);
      if (its && "undecryptable" in its) {
        this.#setAside(its, nowMs);
        lane.switchOff();
        continue;
      }
      if (its) lane.change(its, nowMs);
      if (its?.active && its.state === "enabled") lane.resume();
      else lane.switchOff();
    }
  }

  /** An outcome was not written: somebody has cancelled the delivery, or the lane is not this engine's any more. */
  doubt(lane: Lane): void {
    if (this.owns(lane)) this.#doubted.add(lane);
  }

  /**
   * Outcomes could not be written. What was sent after them may not be recorded before them, so the lane is taken again: under
   * its new epoch it begins at the first delivery that is not recorded, and outcomes of the old one are refused.
   */
  takeAnew(lane: Lane): void {
    if (!this.owns(lane)) return;
    this.#end(lane);
    this.#unsure.add(lane.endpointId);
  }

  /** Asks whose the doubted lanes are: under another epoch nothing would ever be settled, and all be sent for ever. */
  async confirm(): Promise<void> {
    const doubted = [...this.#doubted];
    const lanes = doubted.filter((lane) => this.owns(lane));
    if (lanes.length > 0) {
      const ours = new Set(await this.#needs.store.confirm(this.#lease.engineId, lanes.map(key)));
      for (const lane of lanes.filter(({ endpointId }) => !ours.has(endpointId))) {
        this.#end(lane);
        this.#unsure.add(lane.endpointId);
      }
    }
    for (const lane of doubted) this.#doubted.delete(lane);
  }

  /** Gives back the lanes that have nothing to do. */
  async releaseIdle(nowMs: number): Promise<void> {
    await this.#release([...this.#lanes.values()].filter((lane) => lane.mayBeReleased(nowMs, idleMs)));
  }

  async releaseAll(): Promise<void> {
    await this.#release([...this.#lanes.values()]);
  }

  /** Forgets every lane, without a word to the database: they are others' by now. */
  lose(): void {
    for (const lane of this.#lanes.values()) this.#end(lane);
    this.#unsure.clear();
    this.#doubted.clear();
    this.#sweepAtMs = 0;
  }

  async #take(endpointIds: readonly number[]): Promise<readonly Lane[]> {
    const taken = await this.#needs.store.take(this.#lease.engineId, endpointIds, (this.#asked += 1));
    const settings = await this.#read(taken.map((lane) => lane.endpointId));
    const takenAtMs = this.#needs.clock.monotonicMs(); // the times that came with the lanes count from before this
    const undecryptable: ClaimedLane[] = [];
    const lanes = this.#shuffle(taken).flatMap((lane) => {
      const its = settings.get(lane.endpointId);
      if (its && "undecryptable" in its) {
        this.#setAside(its, takenAtMs);
        undecryptable.push(lane);
        return [];
      }
      return its ? [new Lane(lane, its, this.#origins, takenAtMs).after(this.#ended.get(lane.endpointId))] : [];
    });
    for (const lane of lanes) {
      this.#unsure.delete(lane.endpointId);
      this.#undecryptable.delete(lane.endpointId);
      this.#lanes.set(lane.endpointId, lane);
    }
    if (undecryptable.length > 0) {
      const released = undecryptable.map((lane) => ({ ...lane, pauseSeconds: 0 }));
      await this.#needs.store.release(this.#lease.engineId, released);
    }
    return lanes;
  }

  /** Releases an endpoint that cannot be decrypted to engines that may have its key, and says so once in a while. */
  #setAside({ endpointId, undecryptable }: UndecryptableEndpoint, nowMs: number): void {
    this.#undecryptable.set(endpointId, nowMs + undecryptableMs);
    this.#needs.log.warn(
      { endpointId, reason: undecryptable },
      "an endpoint cannot be decrypted; its deliveries are held until it can",
    );
  }

  #isUndecryptable(endpointId: number, nowMs: number): boolean {
    return (this.#undecryptable.get(endpointId) ?? Number.NEGATIVE_INFINITY) > nowMs;
  }

  #lookAt(lanes: readonly Lane[]): readonly Lane[] {
    for (const lane of lanes) lane.looks.now();
    return lanes;
  }

  async #release(lanes: readonly Lane[]): Promise<void> {
    if (lanes.length === 0) return;
    for (const lane of lanes) this.#end(lane);
    const nowMs = this.#needs.clock.monotonicMs();
    const released = lanes.map((lane) => lane.released(nowMs));
    for (const lane of lanes) if (lane.isLeaving) this.#share.leave(lane.endpointId, nowMs);
    await this.#needs.store.release(this.#lease.engineId, released).catch((error: unknown) => {
      for (const { endpointId } of lanes) this.#unsure.add(endpointId);
      throw error;
    });
  }

  /** So that endpoints that were made together, and perhaps hang together, are not all tried first. */
  #shuffle(taken: readonly ClaimedLane[]): readonly ClaimedLane[] {
    return taken
      .map((lane) => ({ lane, at: this.#needs.chance() }))
      .toSorted((one, other) => one.at - other.at)
      .map(({ lane }) => lane);
  }

  #end(lane: Lane): void {
    lane.switchOff();
    lane.leave();
    this.#lanes.delete(lane.endpointId);
    for (const [id, ended] of this.#ended) if (ended.openRequests === 0) this.#ended.delete(id);
    if (lane.openRequests > 0) this.#ended.set(lane.endpointId, lane);
  }

  async #read(endpointIds: readonly number[]): Promise<Map<number, DeliverySettings | UndecryptableEndpoint>> {
    const settings = await this.#needs.store.readSettings(endpointIds);
    return new Map(settings.map((its) => [its.endpointId, its]));
  }
}

const key = ({ endpointId, epoch }: Lane): { endpointId: number; epoch: number } => ({ endpointId, epoch });

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
export class Rebalancing {
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
