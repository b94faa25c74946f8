import type { DueDelivery, RunToRead } from "#webhooks/deliveries/index.ts";
import { Fifo } from "./waiting-deliveries.ts";

/** Rows read behind a head at first. */
const sizeMin = 2;
const sizeMax = 256;
/** Half of a read that is used up sooner than this doubles the next one; later than `slowMs`, the next one is half as large. */
const quickMs = 150;
const slowMs = 400;
/** Rows one statement brings for a lane, some 10 ms. */
const statementRowsMax = 1000;
/**
 * Deliveries of one key that are sent and not yet recorded. After a crash at most so many are sent again, in order; at a
 * settle interval of some 40 ms it allows a key 6,000 deliveries a second.
 */
const unsettledMax = 256;
/** Rows older than this are read again before they are sent: meanwhile they may have been cancelled, skipped or retried. */
const ageMaxMs = 1000;

/** The deliveries of one ordering key that an engine has at hand. */
interface Run {
  readonly orderingKey: string;
  /** The delivery that the others wait for. */
  current: { readonly eventId: string; readonly sequence: number; isInFlight: boolean } | undefined;
  /** Due by themselves in the database: they wait for the end of `current`, whatever it is. */
  due: DueDelivery[];
  /** Not due in the database: each waits until those before it have ended. */
  readonly behind: Fifo<DueDelivery>;
  /** The sequence of the delivery that was started last, and of the one that was read last. */
  startedTo: number;
  readTo: number;
  readAtMs: number;
  size: number;
  /** What the last read found: as many as it asked for, fewer, or nothing to continue with. */
  found: "all" | "some" | "none";
  asked: RunToRead | undefined;
  /** Ended and not known to be recorded, in the order of their end; with their sequences. */
  readonly unsettled: Map<string, number>;
}

interface Hands {
  readonly isHeld: (delivery: DueDelivery) => boolean;
  /** It is at hand, and waits behind others. */
  readonly hold: (delivery: DueDelivery) => void;
  /** It may be sent now. */
  readonly ready: (delivery: DueDelivery) => void;
  /** It is not at hand any more: the database still has it. */
  readonly release: (delivery: DueDelivery) => void;
}

/**
 * Sends the deliveries of a key one after another without asking the database in between.
 *
 * In the database only the first row of a key is due (`due_at` finite); those behind it wait at `infinity`, and whoever ends
 * the first makes the next one due, in the same transaction. An engine that owns the lane reads rows behind the head ahead
 * of that, and starts each one when the attempt before it has ended its delivery. Outcomes are recorded in batches, in the
 * order in which they came. If the engine dies in between, the first row that is not recorded is due: its next owner sends
 * the same run again from there, in order.
 *
 * A run ends when an attempt has to be repeated, and when the database says that another row of the key is due, because
 * somebody has cancelled, skipped, retried or replayed a delivery. The database is right then; what was read is dropped.
 */
export class OrderedRuns {
  readonly #endpointId: number;
  readonly #hands: Hands;
  readonly #runs = new Map<string, Run>();
  readonly #wanting = new Set<Run>();
  #behind = 0;

  constructor(endpointId: number, hands: Hands) {
    this.#endpointId = endpointId;
    this.#hands = hands;
  }

  /** Some key's rows are used up, and there may be more. */
  get areWanted(): boolean {
    return this.#wanting.size > 0;
  }

  /** How many rows are kept that are not due. */
  get behind(): number {
    return this.#behind;
  }

  /** Something of this key is at hand or being read: its end will say what comes next. */
  isRunning(orderingKey: string): boolean {
    const run = this.#runs.get(orderingKey);
    return run !== undefined && !isIdle(run, this.#wanting);
  }

  /** The database says that this one is due, and it was not at hand, or only behind others. */
  enter(delivery: DueDelivery, orderingKey: string, nowMs: number): void {
    const run = this.#runs.get(orderingKey) ?? newRun(orderingKey);
    this.#runs.set(orderingKey, run);
    this.#stop(run);
    const { sequence } = delivery.context;
    // The one in flight has left the order, or this one would not be due.
    if (run.current?.isInFlight === true && run.current.sequence < sequence) run.current = undefined;
    run.due.push(delivery);
    run.due.sort((one, other) => one.context.sequence - other.context.sequence);
    this.#goOn(run, nowMs);
  }

  /** What was read of this key is out of date: it is read again. */
  reread(orderingKey: string, nowMs: number): void {
    const run = this.#runs.get(orderingKey);
    if (!run) return;
    this.#stop(run);
    this.#readOn(run, nowMs);
  }

  /** An attempt begins. */
  begin({ eventId, orderingKey }: Pick<DueDelivery, "eventId" | "orderingKey">): void {
    const run = orderingKey === null ? undefined : this.#runs.get(orderingKey);
    if (run?.current?.eventId === eventId) run.current.isInFlight = true;
  }

  /** An attempt is over. `isLast`: its delivery has ended, so that the next one may go. */
  end({ eventId, orderingKey }: { eventId: string; orderingKey: string }, isLast: boolean, nowMs: number): void {
    const run = this.#runs.get(orderingKey);
    if (run?.current?.eventId !== eventId) return;
    if (isLast) run.unsettled.set(eventId, run.current.sequence);
    else {
      this.#stop(run);
      run.found = "none";
      this.#wanting.delete(run);
    }
    run.current = undefined;
    this.#goOn(run, nowMs);
  }

  /** An outcome is recorded, or will not be. */
  settled({ eventId, orderingKey }: { eventId: string; orderingKey: string }, nowMs: number): void {
    const run = this.#runs.get(orderingKey);
    if (run?.unsettled.delete(eventId) === true) this.#goOn(run, nowMs);
  }

  /**
   * What to read now, of as many keys as fit into one statement. `rowsMax` is how many more rows may be kept; at least one of
   * each key, so that none stands still.
   */
  ask(rowsMax: number): readonly RunToRead[] {
    const limitOfKey = Math.max(1, Math.floor(rowsMax / this.#wanting.size));
    const asked: RunToRead[] = [];
    let rows = 0;
    for (const run of this.#wanting) {
      if (rows >= statementRowsMax) break;
      this.#wanting.delete(run);
      const limit = Math.min(run.size, limitOfKey);
      const [oldestUnsettled] = run.unsettled.values();
      run.asked = {
        endpointId: this.#endpointId,
        orderingKey: run.orderingKey,
        afterSequence: run.readTo,
        fromSequence: oldestUnsettled ?? run.current?.sequence ?? run.startedTo,
        limit,
      };
      asked.push(run.asked);
      rows += limit;
    }
    return asked;
  }

  /**
   * Takes what was read for one key, up to a row that is due or at hand: that one is not only waiting for those before it.
   */
  read(asked: RunToRead, rows: readonly DueDelivery[], nowMs: number): void {
    const run = this.#runs.get(asked.orderingKey);
    if (run?.asked !== asked) return;
    run.asked = undefined;
    run.readAtMs = nowMs;
    const end = rows.findIndex((row) => row.dueAt !== "infinity" || this.#hands.isHeld(row));
    const kept = end === -1 ? rows : rows.slice(0, end);
    if (kept.length < rows.length || kept.length === 0) run.found = "none";
    else run.found = kept.length === asked.limit ? "all" : "some";
    for (const row of kept) {
      this.#hands.hold(row);
      run.behind.push(row);
    }
    this.#behind += kept.length;
    run.readTo = kept.at(-1)?.context.sequence ?? run.readTo;
    this.#goOn(run, nowMs);
  }

  /** Nothing came of the reads that are under way. */
  cancelReads(): void {
    for (const run of this.#runs.values()) {
      if (!run.asked) continue;
      run.asked = undefined;
      this.#wanting.add(run);
    }
  }

  /** Drops all that is not in flight. */
  clear(): void {
    for (const run of this.#runs.values()) {
      this.#stop(run);
      for (const delivery of run.due.splice(0)) this.#hands.release(delivery);
      run.found = "none";
      if (run.current?.isInFlight === false) run.current = undefined;
      this.#forgetIdle(run);
    }
    this.#wanting.clear();
  }

  /** Starts what may go now, and sees that there is something behind it. */
  #goOn(run: Run, nowMs: number): void {
    if (!run.current) {
      const due = run.due.shift();
      if (due) this.#restart(run, due, nowMs);
      else if (run.unsettled.size < unsettledMax) this.#startNext(run, nowMs);
    }
    this.#readOn(run, nowMs);
    this.#forgetIdle(run);
  }

  #restart(run: Run, delivery: DueDelivery, nowMs: number): void {
    this.#stop(run);
    this.#start(run, delivery);
    run.readTo = run.startedTo;
    run.readAtMs = nowMs;
    run.found = "all";
  }

  #startNext(run: Run, nowMs: number): void {
    if (run.behind.length > 0 && nowMs - run.readAtMs > ageMaxMs) {
      this.#stop(run);
      run.size = sizeMin;
      return;
    }
    const next = run.behind.shift();
    if (!next) return;
    this.#behind -= 1;
    this.#start(run, next);
  }

  #start(run: Run, delivery: DueDelivery): void {
    const { eventId, context } = delivery;
    run.current = { eventId, sequence: context.sequence, isInFlight: false };
    run.startedTo = context.sequence;
    this.#hands.ready(delivery);
  }

  /** Drops what waits behind others; the next read begins behind what was started last. */
  #stop(run: Run): void {
    this.#behind -= run.behind.length;
    for (const delivery of run.behind.clear()) this.#hands.release(delivery);
    run.asked = undefined;
    run.readTo = run.startedTo;
    run.found = "all";
  }

  #readOn(run: Run, nowMs: number): void {
    if (run.asked || run.due.length > 0 || run.found === "none" || this.#wanting.has(run)) return;
    if (run.behind.length > (run.found === "all" ? run.size / 2 : 0)) return;
    this.#wanting.add(run);
    const usedInMs = nowMs - run.readAtMs;
    if (run.found === "all" && usedInMs < quickMs) run.size = Math.min(sizeMax, run.size * 2);
    else if (usedInMs > slowMs) run.size = Math.max(sizeMin, run.size / 2);
  }

  #forgetIdle(run: Run): void {
    if (isIdle(run, this.#wanting) && run.unsettled.size === 0) this.#runs.delete(run.orderingKey);
  }
}

const isIdle = (run: Run, wanting: ReadonlySet<Run>): boolean =>
  !run.current && !run.asked && run.due.length === 0 && run.behind.length === 0 && !wanting.has(run);

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
  asked: undefined,
  unsettled: new Map(),
});
