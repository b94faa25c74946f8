import {
  type DueDelivery,
  type LaneCursor,
  type LaneToRead,
  type RunToRead,
  startOfLane,
} from "#webhooks/deliveries/index.ts";
import { OrderedRuns } from "./ordered-runs.ts";
import { ChangeGroups, WaitingDeliveries } from "./waiting-deliveries.ts";

export type OfKey = Pick<DueDelivery, "eventId" | "orderingKey">;

/** A row that was read and is not settled yet. No body is kept once it is sent. */
interface Held {
  /** As it was read last. `infinity`: it was read behind others of its key. */
  dueAt: string;
  readonly attemptsMade: number;
  /** Of a row that waits behind others of this key. */
  behind: string | undefined;
}

/** A lane's due deliveries, as far as they have been read: how far that is, what waits for a place, what is not settled yet. */
export class LaneRows {
  readonly #endpointId: number;
  #cursor: LaneCursor = startOfLane;
  readonly #waiting = new WaitingDeliveries();
  readonly #runs: OrderedRuns;
  /** By event: what has been read and is not settled, so that nothing is sent twice. */
  readonly #held = new Map<string, Held>();
  /** Settled while a read was under way. */
  #settledMeanwhile: string[] = [];
  #reads = 0;
  readonly #sameChange = new ChangeGroups();

  constructor(endpointId: number) {
    this.#endpointId = endpointId;
    this.#runs = new OrderedRuns(endpointId, {
      isHeld: ({ eventId }) => this.#held.has(eventId),
      hold: ({ eventId, dueAt, attemptsMade, orderingKey }) =>
        this.#held.set(eventId, { dueAt, attemptsMade, behind: orderingKey ?? undefined }),
      ready: (delivery) => {
        const held = this.#held.get(delivery.eventId);
        if (held) held.behind = undefined;
        this.#waiting.push([delivery]);
      },
      release: ({ eventId }) => {
        // Due by now, and perhaps passed by the cursor.
        if (this.#held.get(eventId)?.dueAt !== "infinity") this.startOver();
        this.#held.delete(eventId);
      },
    });
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many are not settled. */
  get held(): number {
    return this.#held.size;
  }

  /** Rows behind the head of some key are to be read. */
  get areRunsWanted(): boolean {
    return this.#runs.areWanted;
  }

  /** Begins a read of about so many. */
  begin(wanted: number): LaneToRead {
    this.#reads += 1;
    // Rows that are held are read again while the cursor has to wait before them: room for them too.
    let again = 0;
    for (const [eventId, { dueAt }] of this.#held)
      if (dueAt !== "infinity" && isBehind(this.#cursor, { dueAt, eventId })) again += 1;
    return { endpointId: this.#endpointId, after: this.#cursor, limit: wanted + again };
  }

  /** Begins a read of rows behind the heads of keys; `rowsMax` is how many rows the lane may have at hand. */
  beginRuns(rowsMax: number): readonly RunToRead[] {
    if (!this.#runs.areWanted) return [];
    this.#reads += 1;
    return this.#runs.ask(rowsMax - this.#waiting.length - this.#runs.behind);
  }

  /** What waited was dropped since the read began, perhaps what its rows come after: it is all to be read again, from the start. */
  isOutdated(asked: LaneToRead): boolean {
    return asked.after !== this.#cursor;
  }

  /** Takes what was read, in order. `horizon` is how far the cursor may go. Gives how many rows were new. */
  end(rows: readonly DueDelivery[], asked: LaneToRead, { horizon, nowMs }: { horizon: string; nowMs: number }): number {
    if (this.isOutdated(asked)) {
      this.#close();
      return 0;
    }
    const last = rows.length === asked.limit ? rows.at(-1) : undefined;
    const reached = last && last.dueAt < horizon ? last : { ...startOfLane, dueAt: horizon };
    if (!rows.some((row) => this.#isMoved(row)) && this.#cursor.dueAt < horizon) this.#cursor = reached;
    let fresh = 0;
    for (const row of rows) fresh += Number(this.#take(row, nowMs));
    this.#close();
    return fresh;
  }

  /** Takes what was read behind the heads of keys. */
  endRuns(asked: readonly RunToRead[], rows: readonly DueDelivery[], nowMs: number): void {
    if (asked.length === 0) return;
    const byKey = Map.groupBy(rows, (row) => row.orderingKey);
    for (const run of asked) this.#runs.read(run, byKey.get(run.orderingKey) ?? [], nowMs);
    this.#close();
  }

  /** Nothing came of a read. */
  cancelRead(): void {
    this.#close();
  }

  cancelRuns(): void {
    this.#runs.cancelReads();
    this.#close();
  }

  /** The next, of those at hand, that waits for no other of its change. */
  shift(): DueDelivery | undefined {
    for (;;) {
      const delivery = this.#waiting.shift();
      if (!delivery) return undefined;
      if (!this.#sameChange.mayGo(delivery)) continue;
      this.#runs.begin(delivery);
      return delivery;
    }
  }

  /** It is answered, or has been out for too long: what waited for it may go. */
  letFollow(delivery: DueDelivery): void {
    const behind = this.#sameChange.done(delivery);
    if (behind.length > 0) this.#waiting.putFirst(behind);
  }

  /** An attempt is over, and with it the delivery, or not. */
  ended({ eventId, orderingKey }: OfKey, isLast: boolean, nowMs: number): void {
    if (orderingKey !== null) this.#runs.end({ eventId, orderingKey }, isLast, nowMs);
  }

  /** Settled. A read that began before may still bring the row, so until that read is done it stays held. */
  settled({ eventId, orderingKey }: OfKey, nowMs: number): void {
    if (this.#reads > 0) this.#settledMeanwhile.push(eventId);
    else this.#held.delete(eventId);
    if (orderingKey !== null) this.#runs.settled({ eventId, orderingKey }, nowMs);
  }

  /** More of this key is at hand, or on its way from the database. */
  isRunning(orderingKey: string): boolean {
    return this.#runs.isRunning(orderingKey);
  }

  /** Reads from the start the next time. */
  startOver(): void {
    this.#cursor = { ...startOfLane };
  }

  /** Forgets what was read and not yet sent: it stays due, and is read again from the start. */
  drop(): void {
    this.#runs.clear();
    for (const delivery of [...this.#waiting.clear(), ...this.#sameChange.clear()]) this.#held.delete(delivery.eventId);
    this.startOver();
  }

  /** Gives whether the row was new. */
  #take(row: DueDelivery, nowMs: number): boolean {
    const { eventId, dueAt, attemptsMade, orderingKey } = row;
    // Due, though it waits behind others here: those are no longer before it, or it has left its order.
    const behind = this.#held.get(eventId)?.behind;
    if (behind !== undefined) this.#runs.reread(behind, nowMs);
    const held = this.#held.get(eventId);
    if (held) {
      if (isPromoted(held, row)) held.dueAt = dueAt;
      return false;
    }
    this.#held.set(eventId, { dueAt, attemptsMade, behind: undefined });
    if (orderingKey === null) this.#waiting.push([row]);
    else this.#runs.enter(row, orderingKey, nowMs);
    return true;
  }

  /** Written, without the engine having heard of it yet: once it has, the row must be found again. */
  #isMoved(row: DueDelivery): boolean {
    const held = this.#held.get(row.eventId);
    return held !== undefined && held.dueAt !== row.dueAt && !isPromoted(held, row);
  }

  /** A read is over: when none is under way any more, what was settled meanwhile can no longer come back. */
  #close(): void {
    this.#reads -= 1;
    if (this.#reads > 0) return;
    for (const eventId of this.#settledMeanwhile) this.#held.delete(eventId);
    this.#settledMeanwhile = [];
  }
}

/** It was read behind others of its key, and those have been settled: it is due, and has not been written itself. */
const isPromoted = (held: Held, row: DueDelivery): boolean =>
  held.dueAt === "infinity" && held.attemptsMade === row.attemptsMade;

const isBehind = (cursor: LaneCursor, { dueAt, eventId }: LaneCursor): boolean =>
  dueAt > cursor.dueAt || (dueAt === cursor.dueAt && eventId > cursor.eventId);
