import type { EngineNeeds } from "./store.ts";

/**
 * Proof that this engine lives. Others take its lanes when the database has not heard of it for a lease; it trusts itself
 * for four fifths of that, counted on its own monotonic clock from before the last heartbeat was sent. So whatever
 * the two clocks say, it has stopped sending before another may start, and a process that was frozen knows it at once.
 */
export class Lease {
  readonly #needs: Pick<EngineNeeds, "store" | "clock" | "log" | "leaseMs">;
  #engineId: string;
  #beatAtMs = Number.NEGATIVE_INFINITY;
  #mayStart: () => boolean = () => false;

  constructor(needs: Pick<EngineNeeds, "store" | "clock" | "log" | "leaseMs">, engineId: string) {
    this.#needs = needs;
    this.#engineId = engineId;
  }

  get engineId(): string {
    return this.#engineId;
  }

  /** For what is sent under the present id: whether that still holds when its bytes are about to leave. */
  get mayStart(): () => boolean {
    return this.#mayStart;
  }

  get holds(): boolean {
    return this.#needs.clock.monotonicMs() - this.#beatAtMs < this.#needs.leaseMs * 0.8;
  }

  /** Starts anew under an id that owns nothing. */
  async enter(engineId: string): Promise<void> {
    const sentAtMs = this.#needs.clock.monotonicMs();
    await this.#needs.store.enter(engineId);
    this.#engineId = engineId;
    this.#beatAtMs = sentAtMs;
    this.#mayStart = () => this.#engineId === engineId && this.holds;
  }

  /** Beats five times a lease until `signal` aborts. A heartbeat that fails is tried again at the next beat. */
  async beat(signal: AbortSignal): Promise<void> {
    const { store, clock, log, leaseMs } = this.#needs;
    while (!signal.aborted) {
      await clock.sleep(leaseMs / 5, signal);
      if (signal.aborted) return;
      const sentAtMs = clock.monotonicMs();
      const engineId = this.#engineId;
      try {
        const isKnown = await store.beat(engineId);
        // One that has run out stays so, whatever the database answers: others may have taken the lanes in between.
        if (isKnown && engineId === this.#engineId && this.holds) this.#beatAtMs = sentAtMs;
      } catch (error) {
        log.warn({ error }, "the engine's heartbeat did not reach the database");
      }
    }
  }
}
