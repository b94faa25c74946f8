import type { EngineNeeds, LaneStore } from "./store.ts";

interface LeaseNeeds extends Pick<EngineNeeds, "clock" | "log" | "leaseMs"> {
  readonly store: Pick<LaneStore, "register" | "heartbeat">;
}

/** A failed try takes 0.2 s or more, and a row without heartbeats counts for a lease: older ids of failed tries need not be deleted. */
const formerIdsMax = 100;

/**
 * Proof that this engine is alive. Other engines claim its lanes when the database has had no heartbeat for a lease. The
 * engine trusts itself for four fifths of that, counted on its own monotonic clock from before the last heartbeat was sent.
 * So it stops sending before another engine may start, whatever the two clocks show, and a process that was frozen notices
 * at once.
 */
export class Lease {
  readonly #needs: LeaseNeeds;
  #engineId: string;
  /** Ids that the database may know. */
  #registeredIds: readonly string[] = [];
  #heartbeatAtMs = Number.NEGATIVE_INFINITY;
  #mayStart: () => boolean = () => false;

  constructor(needs: LeaseNeeds, engineId: string) {
    this.#needs = needs;
    this.#engineId = engineId;
  }

  get engineId(): string {
    return this.#engineId;
  }

  /** Checks, for attempts under the present id, whether the lease still holds when their bytes are about to be written. */
  get mayStart(): () => boolean {
    return this.#mayStart;
  }

  get holds(): boolean {
    return this.#needs.clock.monotonicMs() - this.#heartbeatAtMs < this.#needs.leaseMs * 0.8;
  }

  /** How long nobody may claim the lanes, although the lease has expired for this engine: attempts in flight may end. */
  get graceMs(): number {
    return Math.max(0, this.#heartbeatAtMs + this.#needs.leaseMs - this.#needs.clock.monotonicMs());
  }

  /** Registers the engine under an id that owns no lanes. The lanes of its former ids are free for everyone. */
  async register(engineId: string): Promise<void> {
    const sentAtMs = this.#needs.clock.monotonicMs();
    const formerIds = this.#registeredIds;
    // The first one owns the lanes; the others are of tries without an answer, several a second while the database is away.
    this.#registeredIds = [...formerIds.slice(0, 1), ...formerIds.slice(1).slice(1 - formerIdsMax), engineId];
    await this.#needs.store.register(engineId, formerIds);
    this.#registeredIds = [engineId];
    this.#engineId = engineId;
    this.#heartbeatAtMs = sentAtMs;
    this.#mayStart = () => this.#engineId === engineId && this.holds;
  }

  /**
   * Sends five heartbeats per lease until `signal` aborts, each on its own: one that fails or hangs on a dead connection is
   * made up for by the next. Resolves when all have ended.
   */
  async keepAlive(signal: AbortSignal): Promise<void> {
    const { clock, leaseMs } = this.#needs;
    const open = new Set<Promise<void>>();
    while (!signal.aborted) {
      await clock.sleep(leaseMs / 5, signal);
      if (signal.aborted) break;
      const heartbeat = this.#sendHeartbeat().finally(() => open.delete(heartbeat));
      open.add(heartbeat);
    }
    await Promise.all(open);
  }

  /** Never rejects. */
  async #sendHeartbeat(): Promise<void> {
    const { store, clock, log } = this.#needs;
    const sentAtMs = clock.monotonicMs();
    const engineId = this.#engineId;
    try {
      const isKnown = await store.heartbeat(engineId);
      // An expired lease stays expired, whatever the database answers: others may have claimed the lanes meanwhile.
      if (isKnown && engineId === this.#engineId && this.holds)
        this.#heartbeatAtMs = Math.max(this.#heartbeatAtMs, sentAtMs);
    } catch (error) {
      log.warn({ error }, "the engine's heartbeat did not reach the database");
    }
  }
}
