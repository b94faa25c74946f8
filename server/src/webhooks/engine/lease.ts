import type { EngineNeeds } from "./store.ts";

/**
 * Proof that this engine is alive. Other engines claim its lanes when the database has had no heartbeat for a lease. The
 * engine trusts itself for four fifths of that, counted on its own monotonic clock from before the last heartbeat was sent.
 * So it stops sending before another engine may start, whatever the two clocks show, and a process that was frozen notices
 * at once.
 */
export class Lease {
  readonly #needs: Pick<EngineNeeds, "store" | "clock" | "log" | "leaseMs">;
  #engineId: string;
  #heartbeatAtMs = Number.NEGATIVE_INFINITY;
  #mayStart: () => boolean = () => false;

  constructor(needs: Pick<EngineNeeds, "store" | "clock" | "log" | "leaseMs">, engineId: string) {
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

  /** Registers the engine under an id that owns no lanes. */
  async register(engineId: string): Promise<void> {
    const sentAtMs = this.#needs.clock.monotonicMs();
    await this.#needs.store.register(engineId);
    this.#engineId = engineId;
    this.#heartbeatAtMs = sentAtMs;
    this.#mayStart = () => this.#engineId === engineId && this.holds;
  }

  /** Sends five heartbeats per lease until `signal` aborts. A heartbeat that fails is repeated at the next interval. */
  async keepAlive(signal: AbortSignal): Promise<void> {
    const { store, clock, log, leaseMs } = this.#needs;
    while (!signal.aborted) {
      await clock.sleep(leaseMs / 5, signal);
      if (signal.aborted) return;
      const sentAtMs = clock.monotonicMs();
      const engineId = this.#engineId;
      try {
        const isKnown = await store.heartbeat(engineId);
        // An expired lease stays expired, whatever the database answers: others may have claimed the lanes meanwhile.
        if (isKnown && engineId === this.#engineId && this.holds) this.#heartbeatAtMs = sentAtMs;
      } catch (error) {
        log.warn({ error }, "the engine's heartbeat did not reach the database");
      }
    }
  }
}
