import { type DueDelivery, Horizon, type LaneToRead, type RunToRead } from "#webhooks/deliveries/index.ts";
import type { Lane } from "./lane.ts";
import type { EngineNeeds, LaneStore } from "./store.ts";

/** Rows of one statement: some 2 MB of bodies and 10 ms. Large rows count as several. */
const statementRowsMax = 1000;
/** Bodies of one statement, which are in memory twice for a moment. */
const statementBytesMax = 10_000_000;
/**
 * Bodies of an engine in memory, per slot: 64 MB at the default of 200. They belong to rows that wait, to attempts in flight, and to
 * outcomes that are not recorded. The memory in docs/guides/size.md includes them.
 */
const bodyBytesPerSlot = 320_000;
export const bodyBytesMaxOf = ({ inFlightMax }: Pick<EngineNeeds, "inFlightMax">): number =>
  inFlightMax * bodyBytesPerSlot;
/** Bodies of this size are read without room, so that receivers that hang with large ones do not stop all others. Most have 1.5 kB. */
const smallBytes = 4000;
/** No limit: the rows of a statement bound their bodies, and the large ones behind heads of keys, which stay, must not end it. */
const statementBytesOfSmall = 1e15;
/** The time before such a read. It costs 5 ms of PostgreSQL, also if it finds nothing that is small. */
const noRoomMs = 50;
/** If others wait for room, a lane that has sent nothing for this long drops the rows that it has read. */
const unsentMs = 1000;
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
/** A lane with rows in memory that was read to its end is polled again after this time, if no hint comes before. */
const pollEveryMs = 1000;

interface ReaderNeeds extends Pick<EngineNeeds, "clock" | "inFlightMax"> {
  readonly store: Pick<LaneStore, "sampleTransactions" | "readDue" | "readRuns">;
}

/** The receivers that a reader reads for. */
type Receivers = "quick" | "others";

/** Reads due deliveries into memory before slots are free for them, so that sending never waits for the database. */
export class DueReader {
  readonly #needs: ReaderNeeds;
  readonly #receivers: Receivers;
  readonly #horizon = new Horizon();
  readonly #onNewVersion: (endpointId: number) => void;
  readonly #requested = new Set<Lane>();
  #sampleAtMs = 0;
  #readMs = Number.NEGATIVE_INFINITY;
  #lacksRoom = false;

  constructor(needs: ReaderNeeds, receivers: Receivers, onNewVersion: (endpointId: number) => void) {
    this.#needs = needs;
    this.#receivers = receivers;
    this.#onNewVersion = onNewVersion;
  }

  get hasRequests(): boolean {
    return this.#requested.size > 0;
  }

  request(lane: Lane): void {
    this.#requested.add(lane);
  }

  /** Passes a hinted row to its lane, unless it is large and others wait for room. Returns false if it has to be read. */
  takeHinted(lane: Lane, row: DueDelivery, committingAtMs: number): boolean {
    const hasRoom = !this.#lacksRoom || row.body.length <= smallBytes;
    return hasRoom && lane.takeHinted(row, committingAtMs, this.#needs.clock.monotonicMs());
  }

  /** If rows wait for room, drops those of lanes that send nothing, such as all but the first of a host that hangs. */
  makeRoom(lanes: readonly Lane[], nowMs: number): void {
    if (!this.#lacksRoom) return;
    for (const lane of lanes) if (this.#readsFor(lane)) lane.dropUnsentAfter(unsentMs, nowMs);
  }

  /**
   * Reads for as many requested lanes as fit into one statement and into the memory that `lanes`, all of the engine, leave. Returns those
   * that got rows.
   */
  async read(lanes: readonly Lane[]): Promise<readonly Lane[]> {
    await this.#pauseBetween();
    if (this.#requested.size === 0) return [];
    const { active, room } = this.#measure(lanes);
    this.#lacksRoom = room <= 0;
    if (this.#lacksRoom) await this.#needs.clock.sleep(noRoomMs);
    const rowsPerLaneMax = Math.max(rowsPerLaneMin, Math.floor(rowsMax / Math.max(1, active)));
    const reads = this.#beginReads(rowsPerLaneMax);
    if (reads.length === 0) return [];
    const nowMs = this.#needs.clock.monotonicMs();
    // Before the statement, so that a hint that comes meanwhile is not lost.
    for (const { lane, due } of reads) if (due) lane.polls.begin(nowMs, nowMs + pollEveryMs);
    try {
      const horizon = this.#horizon.at; // as it was before the read
      const found = await this.#readRows(reads, room);
      this.#lacksRoom = found.cut.size > 0 && room < statementBytesMax;
      void this.#sample(nowMs);
      const [dueOf, behindOf] = [found.due, found.behind].map((rows) => Map.groupBy(rows, (row) => row.endpointId));
      return reads
        .filter(({ lane, due: read, runs }) => {
          const behind = behindOf?.get(lane.endpointId) ?? [];
          lane.endRuns(runs, behind, nowMs, found.cut);
          const rows = dueOf?.get(lane.endpointId) ?? [];
          const ended = read && endedAt(read, rows, found.cut.has(read));
          const added = ended ? lane.endRead(rows, ended, { horizon, nowMs }) : 0;
          if (read) lane.polled();
          this.#endRead(lane, [...rows, ...behind], rows.length === ended?.limit);
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

  /** Reads bodies of the size of `room`, and those that are read again. Without room it reads small ones. */
  async #readRows(reads: readonly LaneRead[], room: number): Promise<FoundRows> {
    const due = reads.flatMap((read) => read.due ?? []);
    const runs = reads.flatMap((read) => read.runs);
    const hasRoom = room > 0;
    const bodyMax = hasRoom ? Number.MAX_SAFE_INTEGER : smallBytes;
    const runsMax = hasRoom ? Math.min(room, statementBytesMax) : statementBytesOfSmall;
    const dueMax = due.reduce((sum, { bytesAgain }) => sum + bytesAgain, runsMax);
    const { store } = this.#needs;
    const [dueRows, behind] = await Promise.all([
      store.readDue(due, { bytesMax: dueMax, bodyMax }),
      store.readRuns(runs, { bytesMax: runsMax, bodyMax }),
    ]);
    const cut = hasRoom
      ? [
          ...cutReads(due, dueRows, dueMax, (read, last) => read.endpointId === last.endpointId),
          ...cutReads(runs, behind, runsMax, (run, last) => isOfRun(last, run)),
        ]
      : [...due, ...runs];
    return { due: dueRows, behind, cut: new Set<unknown>(cut) };
  }

  /**
   * Returns the number of lanes that do not rest, and the size of the bodies that may be read. Quick receivers and others have half of the
   * memory each, so that receivers that hang do not keep it all. Where nothing is in memory, there is room for one body of any size.
   */
  #measure(lanes: readonly Lane[]): { readonly active: number; readonly room: number } {
    const bytesMax = bodyBytesMaxOf(this.#needs);
    let [active, own, all] = [0, 0, 0];
    for (const lane of lanes) {
      const { heldBytes } = lane.rows;
      if (heldBytes === 0 && lane.isResting) continue;
      active += 1;
      all += heldBytes;
      if (heldBytes > 0 && this.#readsFor(lane)) own += heldBytes;
    }
    const room = Math.min(bytesMax / 2 - own, bytesMax - all);
    return { active, room: own === 0 ? Math.max(1, room) : room };
  }

  #readsFor(lane: Lane): boolean {
    return receiversOf(lane) === this.#receivers;
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
    if (lane.polls.isImmediate || lane.rows.needsRuns) this.#requested.add(lane);
    if (rows.some((row) => row.endpointVersion !== lane.settings.version)) this.#onNewVersion(lane.endpointId);
  }
}

export const receiversOf = (lane: Lane): Receivers => (lane.pace === "quick" ? "quick" : "others");

const bytesOf = (rows: readonly DueDelivery[]): number => rows.reduce((bytes, { body }) => bytes + body.length, 0);

/** Returns the read with the limit that it has reached: more rows may follow those whose bodies have the requested size. */
const endedAt = (read: LaneToRead, rows: readonly DueDelivery[], isCut: boolean): LaneToRead =>
  isCut || bytesOf(rows) >= read.bytes ? { ...read, limit: rows.length } : read;

/** Returns the reads of a statement that its size has ended: that of its last row, and those behind it. */
function cutReads<Read>(
  reads: readonly Read[],
  rows: readonly DueDelivery[],
  bytesMax: number,
  isOf: (read: Read, row: DueDelivery) => boolean,
): readonly Read[] {
  const last = rows.at(-1);
  if (!last || bytesOf(rows) < bytesMax) return [];
  return reads.slice(reads.findIndex((read) => isOf(read, last)));
}

const isOfRun = (row: DueDelivery, run: RunToRead): boolean =>
  row.endpointId === run.endpointId && row.orderingKey === run.orderingKey;

/** The rows of one statement. */
interface FoundRows {
  readonly due: readonly DueDelivery[];
  readonly behind: readonly DueDelivery[];
  /** The reads that its size has ended. */
  readonly cut: ReadonlySet<unknown>;
}

/** The reads of one lane in one statement. */
interface LaneRead {
  readonly lane: Lane;
  readonly due: LaneToRead | undefined;
  readonly runs: readonly RunToRead[];
}
