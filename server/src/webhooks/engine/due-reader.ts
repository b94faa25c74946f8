import { type DueDelivery, Horizon, type LaneToRead, type RunToRead } from "#webhooks/deliveries/index.ts";
import type { Lane } from "./lane.ts";
import type { EngineNeeds, LaneStore } from "./store.ts";

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
  readonly store: Pick<LaneStore, "sampleTransactions" | "readDue" | "readRuns">;
}

/** Brings due deliveries into memory before their places are free, so that sending never waits for the database. */
export class DueReader {
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
    for (const { lane, due } of asked) if (due) lane.looks.begin(nowMs + lookEveryMs);
    try {
      const horizon = this.#horizon.at; // as it was before the read
      const { store } = this.#needs;
      const [due, behind] = await Promise.all([
        store.readDue(asked.flatMap((ask) => ask.due ?? [])),
        store.readRuns(asked.flatMap(({ runs }) => runs)),
        this.#sample(nowMs),
      ]);
      const [dueOf, behindOf] = [due, behind].map((rows) => Map.groupBy(rows, (row) => row.endpointId));
      return asked
        .filter(({ lane, due: ask, runs }) => {
          lane.endRuns(runs, behindOf?.get(lane.endpointId) ?? [], nowMs);
          const rows = dueOf?.get(lane.endpointId) ?? [];
          const taken = ask ? lane.endRead(rows, ask, { horizon, nowMs }) : 0;
          if (ask) lane.looked(nowMs);
          this.#after(lane, rows, rows.length === ask?.limit);
          return taken > 0 || runs.length > 0;
        })
        .map(({ lane }) => lane);
    } catch (error) {
      for (const { lane, due, runs } of asked) {
        if (due) lane.cancelRead();
        if (due) lane.looks.now();
        if (runs.length > 0) lane.cancelRuns();
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

  #ask(rowsOfLaneMax: number): readonly Ask[] {
    const asked: Ask[] = [];
    let rows = 0;
    const nowMs = this.#needs.clock.monotonicMs();
    for (const lane of this.#wanting) {
      if (rows >= rowsMax) break;
      this.#wanting.delete(lane);
      const due = lane.beginRead(nowMs, rowsOfLaneMax);
      const runs = lane.beginRuns(nowMs, rowsOfLaneMax);
      if (!due && runs.length === 0) continue;
      rows += runs.reduce((sum, { limit }) => sum + limit, due?.limit ?? 0);
      asked.push({ lane, due, runs });
    }
    return asked;
  }

  #after(lane: Lane, rows: readonly DueDelivery[], isFull: boolean): void {
    if (isFull) lane.looks.now();
    if (lane.looks.areWantedAtOnce || lane.areRunsWanted) this.#wanting.add(lane);
    if (rows.some((row) => row.endpointVersion !== lane.settings.version)) this.#onNewVersion(lane.endpointId);
  }
}

/** What is read for a lane at once. */
interface Ask {
  readonly lane: Lane;
  readonly due: LaneToRead | undefined;
  readonly runs: readonly RunToRead[];
}
