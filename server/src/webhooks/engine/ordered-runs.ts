import type { DueDelivery, RunToRead } from "#webhooks/deliveries/index.ts";
import { Fifo } from "./waiting-deliveries.ts";

/** Rows of the first read behind a head. */
const sizeMin = 2;
const sizeMax = 256;
/** If half of a read is used up within this time, the next one doubles; if it takes longer than `slowMs`, it halves. */
const quickMs = 150;
const slowMs = 400;
/** Rows of one statement per lane, some 10 ms. */
const statementRowsMax = 1000;
/**
 * Unrecorded deliveries of one key. After a crash at most this many are sent again, in order. At a settle interval of some
 * 40 ms it allows 6,000 deliveries per second and key.
 */
const unsettledMax = 256;
/** With more, their record is awaited, so that the key never has to stop. */
const unsettledLaterMax = 64;
/** Older rows are read again before they are sent, since they may have been cancelled, skipped or retried. */
const ageMaxMs = 1000;

/** The deliveries of one ordering key in memory. */
interface Run {
  readonly orderingKey: string;
  /** The delivery that the others wait for. */
  current: { readonly eventId: string; readonly sequence: number; isInFlight: boolean } | undefined;
  /** Rows that are due in the database. They wait for the end of `current`, whatever it is. */
  due: DueDelivery[];
  /** Rows that are not due in the database. Each waits until those before it have ended. */
  readonly behind: Fifo<DueDelivery>;
  /** Sequence of the delivery that was started last. */
  startedTo: number;
  /** Sequence of the row that was read last. */
  readTo: number;
  readAtMs: number;
  size: number;
  /** Result of the last read: as many rows as requested, fewer, or nothing to continue with. */
  found: "all" | "some" | "none";
  openRead: RunToRead | undefined;
  /** Sequences of deliveries that have ended and are not known to be recorded, in the order of their end. */
  readonly unsettled: Map<string, number>;
}

interface RowActions {
  readonly isHeld: (delivery: DueDelivery) => boolean;
  /** The row is in memory, behind others. */
  readonly hold: (delivery: DueDelivery) => void;
  /** The row may be sent now. */
  readonly ready: (delivery: DueDelivery) => void;
  /** The row is dropped from memory; it stays in the database. */
  readonly release: (delivery: DueDelivery) => void;
}

/**
 * Sends the deliveries of a key one after another without a round trip to the database in between.
 *
 * In the database only the first row of a key is due (`due_at` is finite). The others wait at `infinity`, and the transaction
 * that ends the first one makes the next one due. An engine that owns the lane reads rows behind the head ahead of that, and
 * starts each one when the attempt before it has ended its delivery. Outcomes are recorded in batches, in the order in which
 * they came. If the engine dies in between, the first unrecorded row is due: the next owner repeats the run from there, in
 * order.
 *
 * A run ends when an attempt has to be repeated, and when the database reports that another row of the key is due because a
 * delivery was cancelled, skipped, retried or replayed. Then the database is right, and the rows in memory are dropped.
 */
export class OrderedRuns {
  readonly #endpointId: number;
  readonly #rows: RowActions;
  readonly #runs = new Map<string, Run>();
  readonly #toRead = new Set<Run>();
  #behind = 0;

  constructor(endpointId: number, rows: RowActions) {
    this.#endpointId = endpointId;
    this.#rows = rows;
  }

  /** True if the rows of some key are used up and there may be more. */
  get needsRead(): boolean {
    return this.#toRead.size > 0;
  }

  /** Number of rows in memory that are not due. */
  get behind(): number {
    return this.#behind;
  }

  /** True if rows of this key are in memory, being read or unrecorded. Their end decides what comes next. */
  isRunning(orderingKey: string): boolean {
    return this.#runs.has(orderingKey);
  }

  /** True if the end of a delivery of this key may be recorded later: its successor is in memory, and few ends are unrecorded. */
  mayRecordLater(orderingKey: string): boolean {
    const run = this.#runs.get(orderingKey);
    return run?.current !== undefined && run.unsettled.size <= unsettledLaterMax;
  }

  /** Takes a row that is due in the database and was not in memory, or only behind others. */
  enter(delivery: DueDelivery, orderingKey: string, nowMs: number): void {
    const run = this.#runs.get(orderingKey) ?? newRun(orderingKey);
    this.#runs.set(orderingKey, run);
    const { sequence } = delivery.context;
    // The delivery in flight has left the order, or this one would not be due.
    if (run.current?.isInFlight === true && run.current.sequence < sequence) run.current = undefined;
    run.due.push(delivery);
    run.due.sort((one, other) => one.context.sequence - other.context.sequence);
    this.#continue(run, nowMs);
  }

  /** Drops the rows of a key, which are out of date. They are read again after the attempt in flight. */
  dropBehind(orderingKey: string): void {
    const run = this.#runs.get(orderingKey);
    if (run) this.#stop(run);
  }

  /** An attempt begins. */
  begin({ eventId, orderingKey }: Pick<DueDelivery, "eventId" | "orderingKey">): void {
    const run = orderingKey === null ? undefined : this.#runs.get(orderingKey);
    if (run?.current?.eventId === eventId) run.current.isInFlight = true;
  }

  /** An attempt has ended. With `isLast` its delivery has ended too, so that the next one may start. */
  end({ eventId, orderingKey }: { eventId: string; orderingKey: string }, isLast: boolean, nowMs: number): void {
    const run = this.#runs.get(orderingKey);
    if (run?.current?.eventId !== eventId) return;
    if (isLast) run.unsettled.set(eventId, run.current.sequence);
    else {
      this.#stop(run);
      run.found = "none";
      this.#toRead.delete(run);
    }
    run.current = undefined;
    this.#continue(run, nowMs);
  }

  /** An outcome is recorded, or never will be. */
  settled({ eventId, orderingKey }: { eventId: string; orderingKey: string }, nowMs: number): void {
    const run = this.#runs.get(orderingKey);
    if (run?.unsettled.delete(eventId) === true) this.#continue(run, nowMs);
  }

  /**
   * Begins reads of as many keys as fit into one statement. `rowsMax` is the number of rows that may be added in memory, with
   * at least one per key, so that none stands still. A statement reads fewer rows that weigh more.
   */
  beginReads(rowsMax: number, rowWeight: number): readonly RunToRead[] {
    const limitPerKey = Math.max(1, Math.floor(rowsMax / this.#toRead.size));
    const reads: RunToRead[] = [];
    let rows = 0;
    for (const run of this.#toRead) {
      if (rows * rowWeight >= statementRowsMax) break;
      this.#toRead.delete(run);
      const limit = Math.min(run.size, limitPerKey);
      const [oldestUnsettled] = run.unsettled.values();
      run.openRead = {
        endpointId: this.#endpointId,
        orderingKey: run.orderingKey,
        afterSequence: run.readTo,
        fromSequence: oldestUnsettled ?? run.startedTo,
        limit,
      };
      reads.push(run.openRead);
      rows += limit;
    }
    return reads;
  }

  /**
   * Takes the rows of one key up to the first that is due or in memory: that one waits for more than its predecessors. With as many rows as
   * `limit` there may be more.
   */
  endRead(read: RunToRead, rows: readonly DueDelivery[], nowMs: number, limit: number): void {
    const run = this.#runs.get(read.orderingKey);
    if (run?.openRead !== read) return;
    run.openRead = undefined;
    run.readAtMs = nowMs;
    const end = rows.findIndex((row) => row.dueAt !== "infinity" || this.#rows.isHeld(row));
    const remaining = end === -1 ? rows : rows.slice(0, end);
    if (remaining.length === limit) run.found = "all";
    else run.found = remaining.length === 0 ? "none" : "some";
    for (const row of remaining) {
      this.#rows.hold(row);
      run.behind.push(row);
    }
    this.#behind += remaining.length;
    run.readTo = remaining.at(-1)?.context.sequence ?? run.readTo;
    this.#continue(run, nowMs);
  }

  /** Begins the open reads again, which have failed. */
  cancelReads(): void {
    for (const run of this.#runs.values()) if (run.openRead) this.#toRead.add(run);
  }

  /** Drops all rows that are not in flight. */
  clear(): void {
    this.#toRead.clear();
    for (const run of this.#runs.values()) {
      this.#stop(run);
      for (const delivery of run.due.splice(0)) this.#rows.release(delivery);
      run.found = "none";
      if (run.current?.isInFlight === false) run.current = undefined;
      this.#deleteIdle(run);
    }
  }

  /** Starts the next delivery if it may go now, and requests a read if few rows are left. */
  #continue(run: Run, nowMs: number): void {
    if (!run.current) {
      const due = run.due.shift();
      if (due) this.#restart(run, due, nowMs);
      else if (run.unsettled.size < unsettledMax) this.#startNext(run, nowMs);
    }
    this.#requestRead(run, nowMs);
    this.#deleteIdle(run);
  }

  #restart(run: Run, delivery: DueDelivery, nowMs: number): void {
    this.#stop(run);
    this.#start(run, delivery);
    run.readTo = run.startedTo;
    run.readAtMs = nowMs;
    run.found = delivery.isFollowed ? "all" : "none";
  }

  #startNext(run: Run, nowMs: number): void {
    if (run.behind.length > 0 && nowMs - run.readAtMs > ageMaxMs) return this.#stop(run);
    const next = run.behind.shift();
    if (!next) return;
    this.#behind -= 1;
    this.#start(run, next);
  }

  #start(run: Run, delivery: DueDelivery): void {
    const { eventId, context } = delivery;
    run.current = { eventId, sequence: context.sequence, isInFlight: false };
    run.startedTo = context.sequence;
    this.#rows.ready(delivery);
  }

  /** Drops the rows behind others. The next read begins behind the delivery that was started last. */
  #stop(run: Run): void {
    this.#behind -= run.behind.length;
    for (const delivery of run.behind.clear()) this.#rows.release(delivery);
    run.openRead = undefined;
    run.readTo = run.startedTo;
    run.found = "all";
  }

  #requestRead(run: Run, nowMs: number): void {
    if (run.openRead || run.due.length > 0 || run.found === "none" || this.#toRead.has(run)) return;
    if (run.behind.length > (run.found === "all" ? run.size / 2 : 0)) return;
    this.#toRead.add(run);
    const usedInMs = nowMs - run.readAtMs;
    if (run.found === "all" && usedInMs < quickMs) run.size = Math.min(sizeMax, run.size * 2);
    else if (usedInMs > slowMs) run.size = Math.max(sizeMin, run.size / 2);
  }

  #deleteIdle(run: Run): void {
    const isNeeded = run.current !== undefined || run.unsettled.size > 0 || run.openRead || this.#toRead.has(run);
    if (!isNeeded) this.#runs.delete(run.orderingKey);
  }
}

const newRun = (orderingKey: string): Run => ({
  orderingKey,
  current: undefined,
  due: [],
  behind: new Fifo(),
  startedTo: 0,
  readTo: 0,
  readAtMs: 0,
  size: sizeMin,
  found: "none",
  openRead: undefined,
  unsettled: new Map(),
});
