import type { ClaimedLane, DueLanes } from "#webhooks/deliveries/index.ts";
import type { DeliverySettings, UndecryptableEndpoint } from "#webhooks/endpoints/index.ts";
import { Lane } from "./lane.ts";
import type { Lease } from "./lease.ts";
import { ReceiverHosts } from "./receiver-host.ts";
import type { EngineNeeds } from "./store.ts";

/** Interval of polls for free lanes with due deliveries. They find what lost hints would have announced. */
const pollEveryMs = 1000;
/**
 * Lanes of one claim after a poll: with their settings it takes 0.1 s. Ten thousand at once take seconds, in which none of them sends,
 * and without statistics of the planner, as after an upgrade of PostgreSQL, longer than the time limit, again and again.
 */
const claimMax = 500;
/**
 * Idle lanes stay with their engine for so long: the next delivery is sent with its hint, without a claim, settings and a read. A
 * change of each of 100 endpoints every 5 s reaches the receiver in 4 ms instead of 6.5, for a fifth less processor time.
 */
const keptMs = 600_000;
/** With more lanes than this, those that have been idle longest and for `idleMs` are released. Each is visited ten times a second. */
const keptMax = 1000;
const idleMs = 2000;
/**
 * How long an endpoint that this engine cannot decrypt is not claimed again, unless it changes. One claim a minute costs
 * little, and an engine that has the key claims it meanwhile.
 */
const undecryptableMs = 60_000;

/** The lanes that this engine owns: claimed when something is due, released when nothing is. */
export class OwnedLanes {
  readonly #needs: EngineNeeds;
  readonly #lease: Lease;
  readonly #hosts: ReceiverHosts<Lane>;
  readonly #rebalancing: Rebalancing;
  readonly #lanes = new Map<number, Lane>();
  /** Lanes that are no longer owned and have open requests. */
  readonly #ended = new Map<number, Lane>();
  readonly #hinted = new Set<number>();
  /** Lanes of the last poll that are still to be claimed. */
  #unclaimed: number[] = [];
  readonly #changed = new Set<number>();
  /** Claims and releases without a response: the database may record these endpoints as this engine's. */
  readonly #uncertain = new Set<number>();
  readonly #suspected = new Set<Lane>();
  /** Endpoints that this engine cannot decrypt, with the time of the next claim. */
  readonly #undecryptable = new Map<number, number>();
  #pollAtMs = 0;
  #claims = 0;

  constructor(needs: EngineNeeds, lease: Lease) {
    this.#needs = needs;
    this.#lease = lease;
    this.#hosts = new ReceiverHosts(needs.inFlightMax);
    this.#rebalancing = new Rebalancing(() => this.#findDueLanes(), needs.chance);
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** Number of endpoints with due deliveries that this engine cannot decrypt. */
  get undecryptable(): number {
    return this.#undecryptable.size;
  }

  /** Returns the endpoint's lane if this engine owns it. */
  find(endpointId: number): Lane | undefined {
    return this.#lanes.get(endpointId);
  }

  owns(lane: Lane): boolean {
    return this.#lanes.get(lane.endpointId) === lane;
  }

  /** Something is due at these endpoints; without ids, anywhere. Returns the lanes that are owned already. */
  hintDue(endpointIds: readonly number[]): readonly Lane[] {
    if (endpointIds.length === 0) {
      this.#pollAtMs = 0;
      return this.#pollNow(this.all());
    }
    for (const id of endpointIds) if (!this.#rebalancing.isLeft(id)) this.#hinted.add(id);
    return this.#pollNow(endpointIds.flatMap((id) => this.#lanes.get(id) ?? []));
  }

  all(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  /**
   * The settings of these endpoints have changed; without ids, of any. Lanes of those that are named send nothing until the settings
   * are read. All lanes do not wait: that would stop every delivery after each lost connection of the hints.
   */
  hintChanged(endpointIds: readonly number[]): void {
    if (endpointIds.length === 0) this.#undecryptable.clear();
    for (const id of endpointIds) {
      const lane = this.#lanes.get(id);
      if (lane) lane.awaitsSettings = true;
    }
    for (const id of endpointIds.length > 0 ? endpointIds : this.#lanes.keys()) {
      this.#undecryptable.delete(id);
      this.#changed.add(id);
      this.#hinted.add(id);
    }
  }

  /** True if the last claim has left lanes to the next one. */
  get hasUnclaimed(): boolean {
    return this.#unclaimed.length > 0;
  }

  /** Claims the hinted lanes and, once per second, free lanes with due deliveries, some at a time. Returns the new lanes. */
  async claim(): Promise<readonly Lane[]> {
    const endpointIds = new Set(this.#hinted);
    this.#hinted.clear();
    const nowMs = this.#needs.clock.monotonicMs();
    if (nowMs >= this.#pollAtMs && this.#unclaimed.length === 0) {
      this.#pollAtMs = nowMs + pollEveryMs;
      this.#unclaimed = [...this.#uncertain, ...(await this.#rebalancing.poll(this.all(), nowMs))];
    }
    for (const id of this.#unclaimed.splice(0, claimMax)) endpointIds.add(id);
    const free = [...endpointIds].filter((id) => !this.#lanes.has(id) && !this.#isUndecryptable(id, nowMs));
    if (free.length === 0) return [];
    let claimed: readonly Lane[];
    try {
      claimed = await this.#claim(free);
    } catch (error) {
      for (const id of free) this.#uncertain.add(id);
      throw error;
    }
    await this.#endDoubts(free);
    return claimed;
  }

  /**
   * No earlier claim can execute after one that got its response, so the database is right about these endpoints. Those that it does not
   * record as this engine's belong to others, or are deleted: they would be claimed every second, for ever.
   */
  async #endDoubts(endpointIds: readonly number[]): Promise<void> {
    const doubtful = endpointIds.filter((id) => this.#uncertain.has(id));
    if (doubtful.length === 0) return;
    const recorded = new Set(await this.#needs.store.findRecorded(this.#lease.engineId, doubtful));
    for (const id of doubtful) if (!recorded.has(id)) this.#uncertain.delete(id);
  }

  /** The lane's settings were valid for a time that has passed. */
  markOutdated({ endpointId }: Lane): void {
    this.#changed.add(endpointId);
  }

  /**
   * Reads changed settings again, and returns the lanes that have them. A lane of an endpoint that is off finishes its attempts in
   * flight and is released.
   */
  async refreshSettings(): Promise<readonly Lane[]> {
    const endpointIds = [...this.#changed].filter((id) => this.#lanes.has(id));
    this.#changed.clear();
    if (endpointIds.length === 0) return [];
    const settings = await this.#readSettings(endpointIds).catch((error: unknown) => {
      for (const id of endpointIds) this.#changed.add(id);
      throw error;
    });
    const nowMs = this.#needs.clock.monotonicMs();
    const lanes = endpointIds.flatMap((id) => this.#lanes.get(id) ?? []);
    for (const lane of lanes) {
      // Those that have changed again since the read began wait for the next one.
      lane.awaitsSettings = this.#changed.has(lane.endpointId);
      const changed = settings.get(lane.endpointId);
      if (changed && "undecryptable" in changed) {
        this.#skipUndecryptable(changed, nowMs);
        lane.switchOff();
        continue;
      }
      if (changed) lane.change(changed, nowMs);
      else lane.switchOff();
    }
    return lanes;
  }

  /** An outcome was not recorded: the delivery was cancelled, or the lane has another owner. */
  suspect(lane: Lane): void {
    this.#suspected.add(lane);
  }

  /**
   * Claims the lane again after outcomes could not be recorded. Later outcomes must not be recorded before these: under
   * its new epoch the lane begins at the first unrecorded delivery, and outcomes of the old epoch are refused.
   */
  reclaim(lane: Lane): void {
    if (!this.owns(lane)) return;
    this.#end(lane);
    this.#uncertain.add(lane.endpointId);
  }

  /** Verifies the ownership of suspected lanes. Under another epoch nothing would ever be settled, and all be sent for ever. */
  async verifyOwnership(): Promise<void> {
    const lanes = [...this.#suspected];
    if (lanes.length === 0) return;
    const owned = new Set(
      await this.#needs.store.verifyOwnership(
        this.#lease.engineId,
        lanes.map(({ endpointId, epoch }) => ({ endpointId, epoch })),
      ),
    );
    for (const lane of lanes) {
      if (!owned.has(lane.endpointId)) this.reclaim(lane);
      this.#suspected.delete(lane);
    }
  }

  /** Releases the lanes that have nothing to do, and of those that may soon have again only what is too many. */
  async releaseIdle(nowMs: number): Promise<void> {
    const [released, idle]: [Lane[], Lane[]] = [[], []];
    for (const lane of this.#lanes.values()) {
      if (lane.mayBeReleased(nowMs, keptMs)) released.push(lane);
      else if (lane.mayBeReleased(nowMs, idleMs)) idle.push(lane);
    }
    const excess = this.size - released.length - (this.#needs.keptLanesMax ?? keptMax);
    const longest = idle.toSorted((one, other) => other.idleForMs(nowMs) - one.idleForMs(nowMs));
    await this.#release([...released, ...longest.slice(0, Math.max(0, excess))]);
  }

  async releaseAll(): Promise<void> {
    await this.#release(this.all());
  }

  /** Stops reading and sending. What is in flight ends. */
  switchOffAll(): void {
    for (const lane of this.#lanes.values()) lane.switchOff();
  }

  /** Drops every lane without a write to the database: the lease is lost, and other engines may own the lanes. */
  dropAll(): void {
    for (const lane of this.#lanes.values()) this.#end(lane);
    this.#uncertain.clear();
    this.#pollAtMs = 0;
  }

  /** Finds lanes with due deliveries. If one of this engine rests, a hint was lost, perhaps also that its endpoint was off for a while. */
  async #findDueLanes(): Promise<DueLanes> {
    const found = await this.#needs.store.findDueLanes(this.#lease.engineId);
    const own = found.ownDue.flatMap((id) => this.#lanes.get(id) ?? []);
    for (const lane of own) if (lane.polls.isResting) lane.readFromStart();
    return found;
  }

  async #claim(endpointIds: readonly number[]): Promise<readonly Lane[]> {
    const claimed = await this.#needs.store.claim(this.#lease.engineId, endpointIds, (this.#claims += 1));
    // Sampled after the claim's commit: a transaction of a former owner that has a greater number does not record its outcomes.
    const [settings, { nextToStart }] = await Promise.all([
      this.#readSettings(claimed.map((lane) => lane.endpointId)),
      this.#needs.store.sampleTransactions(),
    ]);
    const formerThrough = Number(nextToStart) - 1;
    const claimedAtMs = this.#needs.clock.monotonicMs(); // durations of the claimed lanes count from before this
    const undecryptable: ClaimedLane[] = [];
    const lanes = this.#shuffle(claimed).flatMap((lane) => {
      const read = settings.get(lane.endpointId);
      if (read && "undecryptable" in read) {
        this.#skipUndecryptable(read, claimedAtMs);
        undecryptable.push(lane);
        return [];
      }
      if (!read) return [];
      const owned = new Lane({ ...lane, formerThrough }, read, this.#hosts, claimedAtMs);
      return [owned.after(this.#ended.get(lane.endpointId))];
    });
    for (const lane of lanes) {
      this.#uncertain.delete(lane.endpointId);
      this.#undecryptable.delete(lane.endpointId);
      lane.awaitsSettings = this.#changed.has(lane.endpointId);
      this.#lanes.set(lane.endpointId, lane);
    }
    if (undecryptable.length > 0) {
      const released = undecryptable.map((lane) => ({ ...lane, pauseSeconds: 0 }));
      await this.#needs.store.release(this.#lease.engineId, released);
    }
    return lanes;
  }

  /** Leaves an endpoint to engines that may have its key. */
  #skipUndecryptable({ endpointId, undecryptable }: UndecryptableEndpoint, nowMs: number): void {
    this.#undecryptable.set(endpointId, nowMs + undecryptableMs);
    this.#needs.log.warn(
      { endpointId, reason: undecryptable },
      "an endpoint cannot be decrypted; its deliveries are held until it can",
    );
  }

  #isUndecryptable(endpointId: number, nowMs: number): boolean {
    return (this.#undecryptable.get(endpointId) ?? Number.NEGATIVE_INFINITY) > nowMs;
  }

  #pollNow(lanes: readonly Lane[]): readonly Lane[] {
    for (const lane of lanes) lane.polls.pollNow();
    return lanes;
  }

  async #release(lanes: readonly Lane[]): Promise<void> {
    if (lanes.length === 0) return;
    for (const lane of lanes) this.#end(lane);
    const nowMs = this.#needs.clock.monotonicMs();
    const released = lanes.map((lane) => lane.released(nowMs));
    for (const lane of lanes) if (lane.isLeaving) this.#rebalancing.leave(lane.endpointId, nowMs);
    await this.#needs.store.release(this.#lease.engineId, released).catch((error: unknown) => {
      for (const { endpointId } of lanes) this.#uncertain.add(endpointId);
      throw error;
    });
  }

  /**
   * Endpoints that were created together may hang together. In the order of creation, 300 of them on six hosts delay the
   * first attempt at all others by 1.2 s.
   */
  #shuffle(claimed: readonly ClaimedLane[]): readonly ClaimedLane[] {
    return claimed
      .map((lane) => ({ lane, rank: this.#needs.chance() }))
      .toSorted((one, other) => one.rank - other.rank)
      .map(({ lane }) => lane);
  }

  #end(lane: Lane): void {
    lane.switchOff();
    lane.leaveHost();
    this.#lanes.delete(lane.endpointId);
    for (const [id, ended] of this.#ended) if (ended.openRequests === 0) this.#ended.delete(id);
    if (lane.openRequests > 0) this.#ended.set(lane.endpointId, lane);
  }

  async #readSettings(endpointIds: readonly number[]): Promise<Map<number, DeliverySettings | UndecryptableEndpoint>> {
    const settings = await this.#needs.store.readSettings(endpointIds);
    return new Map(settings.map((one) => [one.endpointId, one]));
  }
}

/** Each lane costs a few kilobytes, so cap how many one engine owns. */
const lanesMax = 20_000;
/**
 * How long a lane is left to the other engines: three of their polls. If none has claimed it by then, any engine may. A lane
 * left for want of capacity is claimed as soon as there is some.
 */
const leftMs = 3000;
/** Pause of rebalancing after released lanes were not claimed: some live engine claims none. */
const keepMs = 20_000;

/** A lane that is left to the other engines. */
interface LeftLane {
  readonly sinceMs: number;
  /** This engine has released it as beyond its share. Otherwise it has not claimed it, for want of capacity. */
  readonly isReleased: boolean;
}

type Shares = Omit<DueLanes, "ownDue">;

type SharedLane = Pick<Lane, "isLeaving" | "isStalled" | "queue" | "pace" | "dropWaiting">;

/**
 * Divides the lanes with due deliveries equally among the live engines. An engine claims no more than its share while others
 * have less, and releases lanes beyond it. A single engine claims all.
 */
export class Rebalancing {
  readonly #findDueLanes: () => Promise<Shares>;
  readonly #chance: () => number;
  readonly #left = new Map<number, LeftLane>();
  #keepsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(findDueLanes: () => Promise<Shares>, chance: () => number) {
    this.#findDueLanes = findDueLanes;
    this.#chance = chance;
  }

  /** True if the lane is left to other engines, which get the same hints. */
  isLeft(endpointId: number): boolean {
    return this.#left.has(endpointId);
  }

  /** This engine has released the lane for others to claim. */
  leave(endpointId: number, sinceMs: number): void {
    this.#left.set(endpointId, { sinceMs, isReleased: true });
  }

  /** Returns the free lanes to claim now, and marks those of `lanes`, its own, that are to be released. */
  async poll(lanes: readonly SharedLane[], nowMs: number): Promise<readonly number[]> {
    const waiting = lanes.filter((lane) => lane.queue !== undefined);
    const { free, own, owned, engines } = await this.#findDueLanes();
    const share = Math.ceil((owned + free.length) / Math.max(1, engines));
    const chosen = this.#choose(free, share - own, nowMs).slice(0, Math.max(0, lanesMax - lanes.length));
    this.#markLeaving({ lanes, waiting }, own - share, share, nowMs);
    return chosen;
  }

  #choose(free: readonly number[], capacity: number, nowMs: number): readonly number[] {
    const isFree = new Set(free);
    for (const [id, { sinceMs }] of this.#left) if (!isFree.has(id) && nowMs > sinceMs) this.#left.delete(id);
    // A random start, so that engines that start together do not all claim the first lanes.
    const start = Math.floor(this.#chance() * free.length);
    const chosen: number[] = [];
    for (const id of [...free.slice(start), ...free.slice(0, start)]) {
      const left = this.#left.get(id);
      const isUnclaimed = left !== undefined && nowMs - left.sinceMs >= leftMs;
      if (isUnclaimed || (capacity > 0 && !left?.isReleased)) {
        capacity -= 1;
        chosen.push(id);
        this.#left.delete(id);
      } else if (!left) this.#left.set(id, { sinceMs: nowMs, isReleased: false });
      if (isUnclaimed) this.#keepsUntilMs = nowMs + keepMs;
    }
    return chosen;
  }

  /**
   * Marks only lanes that have waited for a slot since before the poll, so that no lane moves where there is little to do, and
   * only those with quick receivers, since a release waits for attempts in flight. An excess of up to an eighth is tolerated.
   */
  #markLeaving(
    { lanes, waiting }: { readonly lanes: readonly SharedLane[]; readonly waiting: readonly SharedLane[] },
    excess: number,
    share: number,
    nowMs: number,
  ): void {
    const leaving = lanes.filter((lane) => lane.isLeaving);
    for (const lane of leaving) if (lane.isStalled) lane.isLeaving = false;
    const count = excess - leaving.length;
    if (count <= Math.floor(share / 8) || nowMs < this.#keepsUntilMs) return;
    const movable = waiting.filter((lane) => !lane.isLeaving && lane.queue !== undefined && lane.pace === "quick");
    for (const lane of movable.slice(0, count)) {
      lane.isLeaving = true;
      lane.dropWaiting();
    }
  }
}
