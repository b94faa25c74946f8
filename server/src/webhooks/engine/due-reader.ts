import { type DueDelivery, Horizon, type LaneToRead, type RunToRead } from "#webhooks/deliveries/index.ts";
import type { Lane } from "./lane.ts";
import type { EngineNeeds, LaneStore } from "./store.ts";

/** Rows of one statement: some 2 MB of bodies, at most 10 MB, and 10 ms. Large rows count as several. */
const statementRowsMax = 1000;
/**
 * Rows of all lanes in memory, some 15 MB and a quarter of a second of work. Four times as many are no faster and take 60 MB
 * more. With very many lanes, each gets at least as many as make a read worth its cost.
 */
const rowsMax = 5000;
const rowsPerLaneMin = 4;
/**
 * The shortest time between the starts of two reads of few lanes. A statement takes 150 µs before its first row, so hints of several
 * changes share one. A hint after a pause waits for nothing.
 */
const readEveryMs = 5;
const fewLanes = 100;
/** Interval of transaction samples. Each is one more statement, and an old sample stays valid. */
const sampleEveryMs = 100;
/** A lane that was read to its end is polled again after this time, if no hint comes before. */
const pollEveryMs = 1000;

interface ReaderNeeds extends Pick<EngineNeeds, "clock"> {
  readonly store: Pick<LaneStore, "sampleTransactions" | "readDue" | "readRuns">;
}

/** Reads due deliveries into memory before slots are free for them, so that sending never waits for the database. */
export class DueReader {
  readonly #needs: ReaderNeeds;
  readonly #horizon = new Horizon();
  readonly #onNewVersion: (endpointId: number) => void;
  readonly #requested = new Set<Lane>();
  #sampleAtMs = 0;
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(needs: ReaderNeeds, onNewVersion: (endpointId: number) => void) {
    this.#needs = needs;
    this.#onNewVersion = onNewVersion;
  }

  get hasRequests(): boolean {
    return this.#requested.size > 0;
  }

  request(lane: Lane): void {
    this.#requested.add(lane);
  }

  /** Reads for as many requested lanes as fit into one statement. Returns those that got rows. */
  async read(laneCount: number): Promise<readonly Lane[]> {
    await this.#pauseBetween();
    const reads = this.#beginReads(Math.max(rowsPerLaneMin, Math.floor(rowsMax / laneCount)));
    if (reads.length === 0) return [];
    const nowMs = this.#needs.clock.monotonicMs();
    // Before the statement, so that a hint that comes meanwhile is not lost.
    for (const { lane, due } of reads) if (due) lane.polls.begin(nowMs + pollEveryMs);
    try {
      const horizon = this.#horizon.at; // as it was before the read
      const { store } = this.#needs;
      const [due, behind] = await Promise.all([
        store.readDue(reads.flatMap((read) => read.due ?? [])),
        store.readRuns(reads.flatMap(({ runs }) => runs)),
      ]);
      void this.#sample(nowMs);
      const [dueOf, behindOf] = [due, behind].map((rows) => Map.groupBy(rows, (row) => row.endpointId));
      return reads
        .filter(({ lane, due: read, runs }) => {
          lane.endRuns(runs, behindOf?.get(lane.endpointId) ?? [], nowMs);
          const rows = dueOf?.get(lane.endpointId) ?? [];
          const ended = read && endedAt(read, rows);
          const added = ended ? lane.endRead(rows, ended, { horizon, nowMs }) : 0;
          if (read) lane.polled(nowMs);
          this.#endRead(lane, rows, rows.length === ended?.limit);
          return added > 0 || runs.length > 0;
        })
        .map(({ lane }) => lane);
    } catch (error) {
      for (const { lane, due, runs } of reads) {
        if (due) lane.cancelRead();
        if (runs.length > 0) lane.cancelRuns();
        this.#requested.add(lane);
      }
      throw error;
    }
  }

  async #pauseBetween(): Promise<void> {
    if (this.#requested.size === 0) return;
    const { clock } = this.#needs;
    const waitMs = this.#readMs + readEveryMs - clock.monotonicMs();
    if (waitMs > 0 && this.#requested.size < fewLanes) await clock.sleep(waitMs);
    this.#readMs = clock.monotonicMs();
  }

  /** Samples for later reads while the rows of this one are sent, so that no read waits for it. Never rejects. */
  async #sample(nowMs: number): Promise<void> {
    if (nowMs < this.#sampleAtMs) return;
    this.#sampleAtMs = Number.POSITIVE_INFINITY; // one at a time, so that they come in order
    try {
      this.#horizon.advance(await this.#needs.store.sampleTransactions());
    } catch {
      // The cursors wait for the next sample.
    }
    this.#sampleAtMs = nowMs + sampleEveryMs;
  }

  #beginReads(rowsPerLaneMax: number): readonly LaneRead[] {
    const reads: LaneRead[] = [];
    let rows = 0;
    const nowMs = this.#needs.clock.monotonicMs();
    for (const lane of this.#requested) {
      if (rows >= statementRowsMax) break;
      this.#requested.delete(lane);
      const due = lane.beginRead(nowMs, rowsPerLaneMax);
      const runs = lane.beginRuns(nowMs, rowsPerLaneMax);
      if (!due && runs.length === 0) continue;
      rows += runs.reduce((sum, { limit }) => sum + limit, due?.limit ?? 0) * lane.rowWeight;
      reads.push({ lane, due, runs });
    }
    return reads;
  }

  #endRead(lane: Lane, rows: readonly DueDelivery[], isFull: boolean): void {
    if (isFull) lane.polls.pollNow();
    if (lane.polls.isImmediate || lane.needsRuns) this.#requested.add(lane);
    if (rows.some((row) => row.endpointVersion !== lane.settings.version)) this.#onNewVersion(lane.endpointId);
  }
}

/** Returns the read with the limit that it has reached: more rows may follow those whose bodies have the requested size. */
const endedAt = (read: LaneToRead, rows: readonly DueDelivery[]): LaneToRead =>
  rows.reduce((bytes, { body }) => bytes + body.length, 0) < read.bytes ? read : { ...read, limit: rows.length };

/** The reads of one lane in one statement. */
interface LaneRead {
  readonly lane: Lane;
  readonly due: LaneToRead | undefined;
  readonly runs: readonly RunToRead[];
}
