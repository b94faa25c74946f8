import type { Clock } from "#platform/clock.ts";
import { type CountedAttempt, type CountedLane, LaneCounts } from "./counts.ts";
import { type LaneState, type LaneToWrite, type LaneWritten, idleLane } from "./write-statistics.ts";

/** A lane under one owner. */
export interface OwnedLane extends CountedLane {
  readonly epoch: number;
  /** Attempts under former owners are recorded by transactions up to this one, those under this owner by later ones. */
  readonly formerThrough: number;
}

/** The engine's interface to the statistics. */
export interface AttemptCounter {
  /** Counts an attempt that was recorded by one of these transactions. */
  count(lane: OwnedLane, attempt: CountedAttempt, transactions: TransactionRange): void;
  /**
   * Some outcomes of a batch were refused or are unknown. The lane's attempts are read from the history, those of transaction `last`
   * included.
   */
  recount(lane: OwnedLane, last: number): void;
}

export interface TransactionRange {
  readonly first: number;
  readonly last: number;
}

export interface RecorderNeeds {
  readonly clock: Clock;
  /** Writes lanes in one transaction. */
  readonly write: (lanes: readonly LaneToWrite[]) => Promise<ReadonlyMap<number, LaneWritten>>;
  /** Returns the lanes that the engine owns. */
  readonly ownedLanes: () => readonly { readonly lane: OwnedLane; readonly state: LaneState }[];
  readonly log: { warn(fields: object, message: string): void };
}

const writeEveryMs = 1000;
/**
 * Lanes, and pairs of event type and minute, written per second. A lane with one type changes six rows that no other one does,
 * 0.2 ms of processor time: the statistics of an engine cost 1 % of a core at most. With more, each lane is written less often.
 */
const unitsPerWrite = 100;
/** A stop does not wait longer for the database. The next owner of a lane, or housekeeping, counts the rest. */
const closeMs = 3000;
const closeRetryMs = 100;

/**
 * Counts the attempts of one engine in memory and writes them every second, the lanes written longest ago first. It loses
 * nothing when the process is killed: the next owner of a lane, or housekeeping within a minute, counts the rest from the history.
 */
export class StatisticsRecorder implements AttemptCounter {
  readonly #needs: RecorderNeeds;
  /** Those written longest ago first. An engine has one object per endpoint and epoch. */
  readonly #lanes = new Map<OwnedLane, RecordedLane>();

  constructor(needs: RecorderNeeds) {
    this.#needs = needs;
  }

  count(lane: OwnedLane, attempt: CountedAttempt, transactions: TransactionRange): void {
    this.#laneOf(lane).count(attempt, transactions, this.#needs.clock.monotonicMs());
  }

  recount(lane: OwnedLane, last: number): void {
    this.#laneOf(lane).recount(last, this.#needs.clock.monotonicMs());
  }

  /** The time since the oldest attempt was recorded that this engine has not added to the statistics. */
  get lagSeconds(): number {
    const nowMs = this.#needs.clock.monotonicMs();
    let oldestMs = nowMs;
    for (const lane of this.#lanes.values()) oldestMs = Math.min(oldestMs, lane.uncountedSinceMs ?? nowMs);
    return (nowMs - oldestMs) / 1000;
  }

  /** Writes every second until `signal` aborts, then the rest. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#needs;
    while (!signal.aborted) {
      await clock.sleep(writeEveryMs, signal);
      if (!signal.aborted) await this.#write();
    }
    const untilMs = clock.monotonicMs() + closeMs;
    while (clock.monotonicMs() < untilMs) {
      const result = await this.#write();
      if (result === "nothing") return;
      if (result !== "written") await clock.sleep(closeRetryMs);
    }
  }

  /** Writes the next lanes. `again`: some of them could not be counted yet. */
  async #write(): Promise<"nothing" | "written" | "again" | "failed"> {
    const lanes = this.#chooseLanes();
    if (lanes.length === 0) return "nothing";
    const taken = lanes.map((lane) => ({ lane, part: lane.take() }));
    try {
      const written = await this.#needs.write(taken.map(({ part }) => part));
      for (const { lane, part } of taken) this.#written(lane, part, written.get(part.endpointId));
      return [...written.values()].some(({ result }) => result === "again") ? "again" : "written";
    } catch (error) {
      for (const { lane, part } of taken) lane.notCounted(part);
      this.#needs.log.warn({ error }, "statistics could not be written; trying again");
      return "failed";
    }
  }

  #written(lane: RecordedLane, part: LaneToWrite, written: LaneWritten | undefined): void {
    this.#lanes.delete(lane.owned);
    if (written?.result === "counted") lane.counted(part, written.through);
    else lane.notCounted(part);
    const isOver = written === undefined || written.result === "lost" || (part.isReleased && lane.isWritten);
    if (!isOver) this.#lanes.set(lane.owned, lane);
  }

  #chooseLanes(): readonly RecordedLane[] {
    for (const lane of this.#lanes.values()) lane.isReleased = true;
    for (const { lane, state } of this.#needs.ownedLanes()) this.#laneOf(lane).update(state);
    const chosen = new Map<number, RecordedLane>();
    let units = 0;
    for (const lane of this.#lanes.values()) {
      if (units >= unitsPerWrite) break;
      // A lane that was claimed again waits until its former epoch is written.
      if (!lane.hasNews || chosen.has(lane.endpointId)) continue;
      chosen.set(lane.endpointId, lane);
      units += 1 + lane.pairs;
    }
    return [...chosen.values()];
  }

  #laneOf(lane: OwnedLane): RecordedLane {
    let recorded = this.#lanes.get(lane);
    if (!recorded) this.#lanes.set(lane, (recorded = new RecordedLane(lane)));
    return recorded;
  }
}

/** The attempts of one lane that are not written, and how they continue those that are. */
class RecordedLane {
  readonly owned: OwnedLane;
  #counts = new LaneCounts();
  /** See LaneToWrite. */
  #base: number | undefined;
  #through: number;
  #known: number | undefined;
  /** Counts were discarded since the last write began, so that it proves nothing. */
  #isDoubtful = false;
  #state = idleLane;
  #hasNewState = true;
  isReleased = false;
  /** Undefined if every recorded attempt is counted. */
  uncountedSinceMs: number | undefined;
  /** When the first attempt was recorded that is not in the part being written. */
  #nextUncountedMs: number | undefined;

  constructor(lane: OwnedLane) {
    this.owned = lane;
    this.#base = lane.formerThrough;
    this.#through = lane.formerThrough;
  }

  get endpointId(): number {
    return this.owned.endpointId;
  }

  /** The number of pairs of event type and minute. */
  get pairs(): number {
    return this.#counts.size;
  }

  get isWritten(): boolean {
    return this.#known !== undefined && this.#counts.size === 0;
  }

  get hasNews(): boolean {
    return !this.isWritten || this.isReleased || this.#hasNewState;
  }

  count(attempt: CountedAttempt, { first, last }: TransactionRange, nowMs: number): void {
    // The database has read transactions up to the base from the history, this one perhaps among them.
    if (this.#base !== undefined && first <= this.#base) {
      this.recount(last, nowMs);
      return;
    }
    this.#missing(nowMs);
    this.#base ??= first - 1;
    this.#through = last;
    this.#counts.add(attempt);
  }

  recount(last: number, nowMs: number): void {
    this.#missing(nowMs);
    this.#through = Math.max(this.#through, last);
    this.#dropCounts();
    this.#isDoubtful = true;
  }

  /** The attempts will be read from the history. */
  #dropCounts(): void {
    this.#counts = new LaneCounts();
    this.#base = undefined;
    this.#known = undefined;
  }

  #missing(nowMs: number): void {
    this.uncountedSinceMs ??= nowMs;
    this.#nextUncountedMs ??= nowMs;
  }

  update(state: LaneState): void {
    this.isReleased = false;
    this.#hasNewState ||= !isSame(state, this.#state);
    this.#state = state;
  }

  /** Returns the counts so far, to be written. Later ones begin after them. */
  take(): LaneToWrite {
    const { formerThrough, ...lane } = this.owned;
    const part = {
      ...lane,
      isReleased: this.isReleased,
      state: this.isReleased ? idleLane : this.#state,
      counts: this.#counts,
      base: this.#base,
      through: this.#through,
      isFirstWrite: this.#base === formerThrough,
      known: this.#known,
    };
    this.#counts = new LaneCounts();
    this.#nextUncountedMs = undefined;
    this.#hasNewState = false;
    this.#isDoubtful = false;
    return part;
  }

  /** The database counts the attempts of all transactions up to `through`. */
  counted(part: LaneToWrite, through: number): void {
    if (this.#isDoubtful) return;
    this.uncountedSinceMs = this.#nextUncountedMs;
    // Of a part without a base, the history was read up to its present end, and with it attempts that have become known only since.
    if (part.base === undefined && this.#base !== undefined && this.#base < through) return this.#dropCounts();
    this.#known = through;
    this.#base = through;
  }

  /** It is unknown whether the part is counted: it will be read from the history. */
  notCounted(part: LaneToWrite): void {
    if (this.#isDoubtful) return;
    this.#known = undefined;
    if (part.base !== undefined) this.#base = part.through;
  }
}

const isSame = (one: LaneState, other: LaneState): boolean =>
  one.inFlight === other.inFlight &&
  one.windowSize === other.windowSize &&
  one.unanswered === other.unanswered &&
  one.hold === other.hold &&
  (one.failingSeconds === null) === (other.failingSeconds === null);
