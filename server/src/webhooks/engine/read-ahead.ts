import { Horizon, type DueDelivery } from "#webhooks/deliveries/index.ts";

import type { EngineNeeds, LaneStore } from "./engine-needs.ts";
import type { Lane } from "./lane.ts";

/** Rows one statement brings at most: some 2 MB of bodies, and 10 ms. */
const rowsMax = 1000;
/**
 * At hand in all lanes together, some 15 MB and a quarter of a second; with very many lanes as few as make a read worth
 * it in each. Four times as many are no quicker, and 60 MB more.
 */
const atHandMax = 5000;
const atHandLeast = 4;
/** How far cursors may go is asked for this often: each answer is one more statement, and an old one holds for ever. */
const sampleEveryMs = 100;
/** A lane that was read to its end is looked at again this much later, if no hint comes before. */
const lookEveryMs = 1000;

interface ReadNeeds extends Pick<EngineNeeds, "clock"> {
  readonly store: Pick<LaneStore, "sampleTransactions" | "readDue">;
}

/** Brings due deliveries into memory before their places are free, so that sending never waits for the database. */
export class ReadAhead {
  readonly #needs: ReadNeeds;
  readonly #horizon = new Horizon();
  readonly #onNewVersion: (endpointId: number) => void;
  #wanting = new Set<Lane>();
  #sampleAtMs = 0;

  constructor(needs: ReadNeeds, onNewVersion: (endpointId: number) => void) {
    this.#needs = needs;
    this.#onNewVersion = onNewVersion;
  }

  get isWanted(): boolean {
    return this.#wanting.size > 0;
  }

  want(lane: Lane): void {
    this.#wanting.add(lane);
  }

  /** Reads for as many of `lanes` lanes as fit into one statement; gives those that got something. */
  async read(lanes: number): Promise<readonly Lane[]> {
    const asked = this.#ask(Math.max(atHandLeast, Math.floor(atHandMax / lanes)));
    if (asked.length === 0) return [];
    const nowMs = this.#needs.clock.monotonicMs();
    // Before the read, so that a hint that comes while it is under way is not forgotten.
    for (const { lane } of asked) lane.looks.begin(nowMs + lookEveryMs);
    try {
      const horizon = this.#horizon.at; // as it was before the read
      const [read] = await Promise.all([this.#needs.store.readDue(asked.map(({ ask }) => ask)), this.#sample(nowMs)]);
      const rows = Map.groupBy(read, (row) => row.endpointId);
      return asked
        .filter(({ lane, ask }) => {
          const its = rows.get(lane.endpointId) ?? [];
          const taken = lane.endRead(its, ask, horizon);
          lane.looked(nowMs);
          this.#after(lane, its, its.length === ask.limit);
          return taken > 0;
        })
        .map(({ lane }) => lane);
    } catch (error) {
      for (const { lane } of asked) {
        lane.cancelRead();
        lane.looks.now();
        this.#wanting.add(lane);
      }
      throw error;
    }
  }

  /** For the next read: beside this one, so that no read waits for it. */
  async #sample(nowMs: number): Promise<void> {
    if (nowMs < this.#sampleAtMs) return;
    this.#sampleAtMs = nowMs + sampleEveryMs;
    this.#horizon.advance(await this.#needs.store.sampleTransactions());
  }

  #ask(rowsOfLaneMax: number) {
    const asked = [];
    let rows = 0;
    const nowMs = this.#needs.clock.monotonicMs();
    for (const lane of this.#wanting) {
      if (rows >= rowsMax) break;
      this.#wanting.delete(lane);
      const ask = lane.beginRead(nowMs, rowsOfLaneMax);
      if (!ask) continue;
      rows += ask.limit;
      asked.push({ lane, ask });
    }
    return asked;
  }

  #after(lane: Lane, rows: readonly DueDelivery[], isFull: boolean): void {
    if (isFull) lane.looks.now();
    if (lane.looks.areWantedAtOnce) this.#wanting.add(lane);
    if (rows.some((row) => row.endpointVersion !== lane.settings.version)) this.#onNewVersion(lane.endpointId);
  }
}
