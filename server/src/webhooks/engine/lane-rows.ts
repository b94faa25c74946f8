import {
  type DueDelivery,
  type LaneCursor,
  type LaneToRead,
  type RunToRead,
  startOfLane,
} from "#webhooks/deliveries/index.ts";
import { OrderedRuns } from "./ordered-runs.ts";
import { ChangeGroups, WaitingDeliveries } from "./waiting-deliveries.ts";

export type DeliveryOfKey = Pick<DueDelivery, "eventId" | "orderingKey">;

/** A row that came with the hint of its transaction is taken within this time of its commit. */
export const hintedRowMsMax = 1000;
/** Rows of a lane that may come with hints during a read. It takes some milliseconds. */
const hintedDuringReadMax = 100;

/** A row that was read and is not settled yet. Its body is dropped once it is sent. */
interface HeldRow {
  /** Due time when it was read. `infinity`: it was read behind others of its key. */
  readonly dueAt: string;
  readonly attemptsMade: number;
  /** The size of its body. */
  readonly bytes: number;
  /** The ordering key of a row that waits behind others. */
  behind: string | undefined;
}

/** The due deliveries of a lane that are in memory: the read cursor, the rows that wait for a slot, and the unsettled rows. */
export class LaneRows {
  readonly #endpointId: number;
  #cursor: LaneCursor = startOfLane;
  readonly #waiting = new WaitingDeliveries();
  readonly #runs: OrderedRuns;
  /** Unsettled rows by event id, so that nothing is sent twice. */
  readonly #held = new Map<string, HeldRow>();
  #heldBytes = 0;
  readonly #justSettled = new JustSettled();
  #hintedDuringRead: DueDelivery[] = [];
  /** Event ids settled during a read. */
  #settledDuringRead: string[] = [];
  #openReads = 0;
  readonly #changeGroups = new ChangeGroups();

  constructor(endpointId: number) {
    this.#endpointId = endpointId;
    this.#runs = new OrderedRuns(endpointId, {
      isHeld: ({ eventId }) => this.#held.has(eventId),
      hold: (row) => this.#hold(row, row.orderingKey ?? undefined),
      ready: (delivery) => {
        const held = this.#held.get(delivery.eventId);
        if (held) held.behind = undefined;
        this.#waiting.push([delivery]);
      },
      release: ({ eventId }) => this.#release(eventId),
    });
  }

  /** Number of deliveries that wait for a slot. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Number of unsettled deliveries. */
  get held(): number {
    return this.#held.size;
  }

  /** Size of the bodies of unsettled deliveries. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** True if rows in memory are not sent yet. */
  get hasUnsent(): boolean {
    return this.#waiting.length > 0 || this.#runs.behind > 0;
  }

  /** True if a read is open, which may bring rows. */
  get isReading(): boolean {
    return this.#openReads > 0;
  }

  /** True if rows behind the head of some key are to be read. */
  get needsRuns(): boolean {
    return this.#runs.needsRead;
  }

  /** Begins a read of about `count` rows, with bodies of about `bytes`. */
  beginRead(count: number, bytes: number): LaneToRead {
    this.#openReads += 1;
    // Held rows are read again while the cursor waits in front of them, so the limits leave room for them.
    const read = { endpointId: this.#endpointId, after: this.#cursor, limit: count, bytes, bytesAgain: 0 };
    for (const [eventId, held] of this.#held) {
      if (held.behind !== undefined || !isAfter(this.#cursor, { dueAt: held.dueAt, eventId })) continue;
      read.limit += 1;
      read.bytes += held.bytes;
      read.bytesAgain += held.bytes;
    }
    return read;
  }

  /** Begins a read of rows behind the heads of keys. `rowsMax` bounds the rows of the lane in memory, `rowWeight` those of a read. */
  beginRuns(rowsMax: number, rowWeight: number): readonly RunToRead[] {
    if (!this.#runs.needsRead) return [];
    this.#openReads += 1;
    return this.#runs.beginReads(rowsMax - this.#waiting.length - this.#runs.behind, rowWeight);
  }

  /** True if waiting rows were dropped since the read began. Then earlier rows may be missing, and the next read starts over. */
  isOutdated(read: LaneToRead): boolean {
    return read.after !== this.#cursor;
  }

  /** Takes the rows of a read, in order. The cursor moves no further than `horizon`. Returns how many rows were new. */
  endRead(
    rows: readonly DueDelivery[],
    read: LaneToRead,
    { horizon, nowMs }: { horizon: string; nowMs: number },
  ): number {
    if (this.isOutdated(read)) {
      this.#closeRead();
      return 0;
    }
    const isFull = rows.length === read.limit;
    if (isFull) this.#hintedDuringRead = []; // the next read finds them behind the rest
    const last = isFull ? rows.at(-1) : undefined;
    const reached = last && last.dueAt < horizon ? last : { ...startOfLane, dueAt: horizon };
    // A read of which the statement had no room for any row has reached nothing.
    if ((last || !isFull) && !rows.some((row) => this.#hasMoved(row))) this.#cursor = reached;
    let added = 0;
    for (const row of rows) added += Number(this.#add(row, nowMs));
    added += this.#addHinted(nowMs);
    this.#closeRead();
    return added;
  }

  /** Takes rows that were read behind the heads of keys. More may follow those of the reads that are `cut`. */
  endRuns(
    runs: readonly RunToRead[],
    rows: readonly DueDelivery[],
    nowMs: number,
    cut: ReadonlySet<unknown> | undefined,
  ): void {
    if (runs.length === 0) return;
    const byKey = Map.groupBy(rows, (row) => row.orderingKey);
    for (const run of runs) {
      const ofKey = byKey.get(run.orderingKey) ?? [];
      this.#runs.endRead(run, ofKey, nowMs, cut?.has(run) === true ? ofKey.length : run.limit);
    }
    this.#addHinted(nowMs);
    this.#closeRead();
  }

  /**
   * Takes a row that came with a hint; during a read, behind its rows. Returns false if the lane has read it before, so that it is held
   * or settled, or if too many have come during this read.
   */
  takeHinted(row: DueDelivery, nowMs: number): boolean {
    if (this.#justSettled.has(row.eventId)) return false;
    if (this.#openReads === 0) return this.#add(row, nowMs);
    return this.#hintedDuringRead.length < hintedDuringReadMax && this.#hintedDuringRead.push(row) > 0;
  }

  /** Ends a read that has failed. */
  cancelRead(): void {
    this.#hintedDuringRead = [];
    this.#closeRead();
  }

  cancelRuns(): void {
    this.#runs.cancelReads();
    this.cancelRead();
  }

  /** Removes and returns the next delivery that waits for no other of its change. */
  shift(): DueDelivery | undefined {
    for (;;) {
      const delivery = this.#waiting.shift();
      if (!delivery) return undefined;
      if (!this.#changeGroups.mayStart(delivery)) continue;
      this.#runs.begin(delivery);
      return delivery;
    }
  }

  /** The delivery has a response or is late: the others of its change may start. */
  releaseSiblings(delivery: DueDelivery): void {
    this.#waiting.unshift(this.#changeGroups.done(delivery));
  }

  /** An attempt has ended; with `isLast`, its delivery too. */
  ended({ eventId, orderingKey }: DeliveryOfKey, isLast: boolean, nowMs: number): void {
    if (orderingKey !== null) this.#runs.end({ eventId, orderingKey }, isLast, nowMs);
  }

  /** The outcome is recorded. A read that began earlier may still bring the row, so it stays held until that read ends. */
  settled({ eventId, orderingKey }: DeliveryOfKey, nowMs: number): void {
    if (this.#openReads > 0) this.#settledDuringRead.push(eventId);
    else this.#release(eventId);
    this.#justSettled.add(eventId, nowMs);
    if (orderingKey !== null) this.#runs.settled({ eventId, orderingKey }, nowMs);
  }

  /** Drops what no hint can concern any more: a lane that rests would keep thousands of ids for ten minutes. */
  forgetSettled(nowMs: number): void {
    this.#justSettled.forget(nowMs);
  }

  /** True if more rows of this key are in memory or being read. */
  isRunning(orderingKey: string): boolean {
    return this.#runs.isRunning(orderingKey);
  }

  /** True if the end of a delivery of this key may be recorded later. */
  mayRecordLater(orderingKey: string): boolean {
    return this.#runs.mayRecordLater(orderingKey);
  }

  /** Makes the next read start from the beginning of the lane. */
  resetCursor(): void {
    this.#cursor = { ...startOfLane };
  }

  /** Drops what was read and not sent yet. It stays due and is read again from the beginning. */
  drop(): void {
    this.#hintedDuringRead = [];
    this.#runs.clear();
    for (const { eventId } of [...this.#waiting.clear(), ...this.#changeGroups.clear()]) this.#release(eventId);
    this.resetCursor();
  }

  /** Returns whether the row was new. */
  #add(row: DueDelivery, nowMs: number): boolean {
    const { eventId, orderingKey } = row;
    // The row is due although it waits behind others in memory: these have ended, or it has left its order.
    const behind = this.#held.get(eventId)?.behind;
    if (behind !== undefined) this.#runs.dropBehind(behind);
    if (this.#held.has(eventId)) return false;
    this.#hold(row, undefined);
    if (orderingKey === null) this.#waiting.push([row]);
    else this.#runs.enter(row, orderingKey, nowMs);
    return true;
  }

  /** True if the row was settled and the engine does not know it yet. Once it knows, the row must be found again. */
  #hasMoved(row: DueDelivery): boolean {
    const held = this.#held.get(row.eventId);
    return held !== undefined && held.dueAt !== row.dueAt && !isPromoted(held, row);
  }

  /** Adds the rows that came with hints during a read, behind its rows. Returns how many were new. */
  #addHinted(nowMs: number): number {
    let added = 0;
    for (const row of this.#hintedDuringRead) added += Number(this.#add(row, nowMs));
    this.#hintedDuringRead = [];
    return added;
  }

  /** Once no read is open, settled rows can no longer come back. */
  #closeRead(): void {
    this.#openReads -= 1;
    if (this.#openReads > 0) return;
    for (const eventId of this.#settledDuringRead) this.#release(eventId);
    this.#settledDuringRead = [];
  }

  #hold({ eventId, dueAt, attemptsMade, body }: DueDelivery, behind: string | undefined): void {
    this.#held.set(eventId, { dueAt, attemptsMade, bytes: body.length, behind });
    this.#heldBytes += body.length;
  }

  #release(eventId: string): void {
    this.#heldBytes -= this.#held.get(eventId)?.bytes ?? 0;
    this.#held.delete(eventId);
  }
}

/**
 * Event ids of settled deliveries whose rows a hint may still bring: each is kept for one to two times `hintedRowMsMax`. Two sets that take
 * turns cost a tenth of removing ids one by one: a map walks over what was removed from its front.
 */
class JustSettled {
  #current = new Set<string>();
  #previous = new Set<string>();
  #currentSinceMs = -Infinity;

  has(eventId: string): boolean {
    return this.#current.has(eventId) || this.#previous.has(eventId);
  }

  add(eventId: string, nowMs: number): void {
    if (nowMs - this.#currentSinceMs > hintedRowMsMax) {
      this.#previous = this.#current;
      this.#current = new Set();
      this.#currentSinceMs = nowMs;
    }
    this.#current.add(eventId);
  }

  /** Drops all ids if none is younger than `hintedRowMsMax`. */
  forget(nowMs: number): void {
    if (nowMs - this.#currentSinceMs <= 2 * hintedRowMsMax || this.#current.size === 0) return;
    this.#current = new Set();
    this.#previous = new Set();
  }
}

/** The row was read behind others of its key. These are settled, so it is due, and it has not been sent itself. */
const isPromoted = (held: HeldRow, row: DueDelivery): boolean =>
  held.dueAt === "infinity" && held.attemptsMade === row.attemptsMade;

const isAfter = (cursor: LaneCursor, { dueAt, eventId }: LaneCursor): boolean =>
  dueAt > cursor.dueAt || (dueAt === cursor.dueAt && eventId > cursor.eventId);
