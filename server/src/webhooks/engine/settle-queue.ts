import type { Settled, Settlement } from "#webhooks/deliveries/index.ts";
import type { EngineNeeds, LaneStore } from "./store.ts";

/** Outcomes of one statement. 1,000 rows take some 20 ms of PostgreSQL. */
const batchMax = 1000;
/**
 * After a batch of more than `smallBatchMax` outcomes, the next one gathers for this long: its rows cost a tenth less than
 * those of immediate batches, since fewer commits wait for the disk.
 */
const gatherMs = 20;
const smallBatchMax = 20;
/**
 * The shortest time between the starts of two batches. A change that goes to ten endpoints has outcomes for some milliseconds:
 * the first is recorded at once, and the others together.
 */
const batchEveryMs = 10;
/**
 * The longest time to gather outcomes that nobody waits for. 400 outcomes take 14 µs each of PostgreSQL, 200 take 18, and 50 take 21.
 * Each batch also makes one row of each ordering key due in the database, which costs five times as much as a delivery, although the
 * engine has started its successors from memory.
 */
const gatherMaxMs = 100;
/** Half a minute, with up to a second in between: the lease has expired long before, and the lane has another owner. */
const triesMax = 30;

export interface UnsettledOutcome {
  readonly engineId: string;
  readonly settlement: Settlement;
  /** Nothing waits for the record. */
  readonly mayWait: boolean;
  /** `settled` is the database's answer for the whole batch. Undefined: all tries have failed. */
  readonly onSettled: (result: SettleResult, settled: Settled | undefined) => void;
}

/**
 * `recorded`: the whole batch, so the lane is the engine's. `partly`: some outcomes of the batch were refused. `unknown`: all
 * tries have failed, and later outcomes must not be recorded under this epoch.
 */
export type SettleResult = "recorded" | "partly" | "unknown";

interface SettleNeeds extends Pick<EngineNeeds, "clock" | "log"> {
  readonly store: Pick<LaneStore, "settle">;
}

/** Records outcomes in batches. An outcome after a pause waits for nothing; many share one statement and one commit. */
export class SettleQueue {
  readonly #needs: SettleNeeds;
  #waiting: UnsettledOutcome[] = [];
  #isAwaited = false;
  #running: Promise<void> | undefined;
  #startedMs = Number.NEGATIVE_INFINITY;

  constructor(needs: SettleNeeds) {
    this.#needs = needs;
  }

  get length(): number {
    return this.#waiting.length;
  }

  add(outcome: UnsettledOutcome): void {
    this.#waiting.push(outcome);
    if (!outcome.mayWait) this.#isAwaited = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when all outcomes are recorded or given up. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // outcomes of this turn of the event loop form one batch
    while (this.#waiting.length > 0) {
      await this.#pauseBetween();
      const engineId = this.#waiting[0]?.engineId ?? "";
      const batch: UnsettledOutcome[] = [];
      const rest: UnsettledOutcome[] = [];
      for (const outcome of this.#waiting)
        (outcome.engineId === engineId && batch.length < batchMax ? batch : rest).push(outcome);
      this.#waiting = rest;
      this.#isAwaited = rest.length > 0;
      await this.#settle(engineId, batch);
      if (batch.length > smallBatchMax) await this.#gather();
    }
  }

  async #pauseBetween(): Promise<void> {
    const { clock } = this.#needs;
    const waitMs = this.#startedMs + batchEveryMs - clock.monotonicMs();
    if (waitMs > 0 && this.#waiting.length < batchMax) await clock.sleep(waitMs);
    this.#startedMs = clock.monotonicMs();
  }

  async #gather(): Promise<void> {
    for (let ms = 0; ms < gatherMaxMs && this.#waiting.length < batchMax; ms += gatherMs) {
      await this.#needs.clock.sleep(gatherMs);
      if (this.#isAwaited || this.#waiting.length === 0) return;
    }
  }

  /** Tries until the batch is recorded: the next owner of the lane repeats every delivery without a recorded outcome. */
  async #settle(engineId: string, batch: readonly UnsettledOutcome[]): Promise<void> {
    const settlements = batch.map(({ settlement }) => settlement);
    let result: SettleResult = "unknown";
    let settled: Settled | undefined;
    for (let failures = 0; failures < triesMax; failures += 1) {
      try {
        settled = await this.#needs.store.settle(engineId, settlements);
        result = settled.recorded === batch.length ? "recorded" : "partly";
        break;
      } catch (error) {
        this.#needs.log.warn({ error, outcomes: batch.length }, "outcomes could not be recorded; trying again");
        await this.#needs.clock.sleep(Math.min(1000, 50 * 2 ** failures));
      }
    }
    for (const { onSettled } of batch) onSettled(result, settled);
  }
}
