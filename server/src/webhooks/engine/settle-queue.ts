import type { Settlement } from "#webhooks/deliveries/index.ts";
import type { EngineNeeds } from "./store.ts";

/** As many outcomes as one statement takes: 1,000 rows of it are some 20 ms of PostgreSQL. */
const batchMax = 1000;
/**
 * Where more than a few come at a time, the next batch gathers for this long: its rows cost a tenth less than those of
 * batches that follow at once, since fewer commits wait for the disk.
 */
const gatherMs = 20;
const fewMax = 20;
/** With a second between them, half a minute: the lease has run out long before, and the lane has another owner. */
const triesMax = 30;

export interface Unsettled {
  readonly engineId: string;
  readonly settlement: Settlement;
  readonly settled: (result: Settled) => void;
}

/**
 * `written`: all of its batch was, and so the lane is the engine's. `doubtful`: some were not. `given up`: nobody knows, and the
 * outcomes that follow must not be written under this epoch.
 */
export type Settled = "written" | "doubtful" | "given up";

/**
 * Outcomes on their way into the database. A single outcome waits for nothing, and many share one statement and one commit.
 */
export class SettleQueue {
  readonly #needs: Pick<EngineNeeds, "store" | "clock" | "log">;
  #waiting: Unsettled[] = [];
  #writing: Promise<void> | undefined;

  constructor(needs: Pick<EngineNeeds, "store" | "clock" | "log">) {
    this.#needs = needs;
  }

  get length(): number {
    return this.#waiting.length;
  }

  add(unsettled: Unsettled): void {
    this.#waiting.push(unsettled);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when all that was added is written, or given up. */
  async drain(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    await Promise.resolve(); // what is added in this turn goes together
    while (this.#waiting.length > 0) {
      const engineId = this.#waiting[0]?.engineId ?? "";
      const batch = this.#waiting.filter((it) => it.engineId === engineId).slice(0, batchMax);
      const taken = new Set(batch);
      this.#waiting = this.#waiting.filter((it) => !taken.has(it));
      await this.#settle(engineId, batch);
      if (batch.length > fewMax && this.#waiting.length < batchMax) await this.#needs.clock.sleep(gatherMs);
    }
  }

  /** Tries until it is written: what is dropped here is sent again by whoever owns the lane next. */
  async #settle(engineId: string, batch: readonly Unsettled[]): Promise<void> {
    const settlements = batch.map(({ settlement }) => settlement);
    let result: Settled = "given up";
    for (let failures = 0; failures < triesMax; failures += 1) {
      try {
        const written = await this.#needs.store.settle(engineId, settlements);
        result = written === batch.length ? "written" : "doubtful";
        break;
      } catch (error) {
        this.#needs.log.warn({ error, outcomes: batch.length }, "outcomes could not be written; trying again");
        await this.#needs.clock.sleep(Math.min(1000, 50 * 2 ** failures));
      }
    }
    for (const { settled } of batch) settled(result);
  }
}
