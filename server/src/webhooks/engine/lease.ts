import type { EngineNeeds, LaneStore } from "./store.ts";

interface LeaseNeeds extends Pick<EngineNeeds, "clock" | "wallMs" | "log" | "leaseMs"> {
  readonly store: Pick<LaneStore, "register" | "heartbeat">;
}

interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** A failed try takes 0.2 s or more, and a row without heartbeats counts for a lease: older ids of failed tries need not be deleted. */
const formerIdsMax = 100;

/**
 * Proof that this engine is alive. Other engines claim its lanes when the database has had no heartbeat for a lease. The
 * engine trusts itself for four fifths of that, counted from before the last heartbeat was sent: on its own monotonic clock, which
 * nobody sets, and on its wall clock, which goes on while the machine sleeps. So it stops sending before another engine may start,
 * whatever the two machines' clocks show, and notices at once that its process was frozen or its machine slept.
 */
export class Lease {
  readonly #needs: LeaseNeeds;
  #engineId: string;
  /** Ids that the database may know. */
  #registeredIds: readonly string[] = [];
  /** Before the last heartbeat was sent. */
  #heartbeatAt: Moment | undefined;
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
    return this.#silentMs < this.#needs.leaseMs * 0.8;
  }

  /** How long nobody may claim the lanes, although the lease has expired for this engine: attempts in flight may end. */
  get graceMs(): number {
    return Math.max(0, this.#needs.leaseMs - this.#silentMs);
  }

  /** Time since the last heartbeat, on the clock that shows more of it. */
  get #silentMs(): number {
    const { clock, wallMs } = this.#needs;
    const at = this.#heartbeatAt;
    return at ? Math.max(clock.monotonicMs() - at.monotonicMs, wallMs() - at.wallMs) : Number.POSITIVE_INFINITY;
  }

  #now(): Moment {
    return { monotonicMs: this.#needs.clock.monotonicMs(), wallMs: this.#needs.wallMs() };
  }

  /** Registers the engine under an id that owns no lanes. The lanes of its former ids are free for everyone. */
  async register(engineId: string): Promise<void> {
    const sentAt = this.#now();
    const formerIds = this.#registeredIds;
    // The first one owns the lanes; the others are of tries without an answer, several a second while the database is away.
    this.#registeredIds = [...formerIds.slice(0, 1), ...formerIds.slice(1).slice(1 - formerIdsMax), engineId];
    await this.#needs.store.register(engineId, formerIds);
    this.#registeredIds = [engineId];
    this.#engineId = engineId;
    this.#heartbeatAt = sentAt;
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
    const { store, log } = this.#needs;
    const sentAt = this.#now();
    const engineId = this.#engineId;
    try {
      const isKnown = await store.heartbeat(engineId);
      // An expired lease stays expired, whatever the database answers: others may have claimed the lanes meanwhile.
      if (!isKnown || engineId !== this.#engineId || !this.holds) return;
      if (sentAt.monotonicMs > (this.#heartbeatAt?.monotonicMs ?? 0)) this.#heartbeatAt = sentAt;
    } catch (error) {
      log.warn({ error }, "the engine's heartbeat did not reach the database");
    }
  }
}
