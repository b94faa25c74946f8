import { startOfLane, type DueDelivery, type LaneCursor, type LaneToRead } from "#webhooks/deliveries/index.ts";

import { SameChange } from "./same-change.ts";
import { Waiting } from "./waiting.ts";

/** A lane's due deliveries, as far as they have been read: how far that is, what waits for a place, what is not settled yet. */
export class LaneRows {
  readonly #endpointId: number;
  #cursor: LaneCursor = startOfLane;
  readonly #waiting = new Waiting();
  /**
   * When what has been read and not settled was due, by its event, and what was settled while a read was under way: none is
   * taken twice. No body is kept until then.
   */
  readonly #held = new Map<string, string>();
  #settledMeanwhile: string[] = [];
  #isReading = false;
  readonly #sameChange = new SameChange();

  constructor(endpointId: number) {
    this.#endpointId = endpointId;
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many are not settled. */
  get held(): number {
    return this.#held.size;
  }

  /** Begins a read of about so many. */
  begin(wanted: number): LaneToRead {
    this.#isReading = true;
    // Rows that are held are read again while the cursor has to wait before them: room for them too.
    let again = 0;
    for (const [eventId, dueAt] of this.#held) if (isBehind(this.#cursor, { dueAt, eventId })) again += 1;
    return { endpointId: this.#endpointId, after: this.#cursor, limit: wanted + again };
  }

  /** Takes what was read, in order. `horizon` is how far the cursor may go. Gives how many rows were new. */
  end(rows: readonly DueDelivery[], asked: LaneToRead, horizon: string): number {
    // What waited was dropped meanwhile, perhaps what these rows come after: it is all read again, from the start.
    if (asked.after !== this.#cursor) {
      this.#close();
      return 0;
    }
    const fresh = rows.filter((row) => !this.#held.has(row.eventId));
    // Written, without the engine having heard of it yet: once it has, the row must be found again.
    const isMoved = rows.some((row) => (this.#held.get(row.eventId) ?? row.dueAt) !== row.dueAt);
    for (const row of fresh) this.#held.set(row.eventId, row.dueAt);
    this.#waiting.push(fresh);
    const last = rows.length === asked.limit ? rows.at(-1) : undefined;
    const reached = last && last.dueAt < horizon ? last : { ...startOfLane, dueAt: horizon };
    if (!isMoved && this.#cursor.dueAt < horizon) this.#cursor = reached;
    this.#close();
    return fresh.length;
  }

  /** Nothing came of a read. */
  cancelRead(): void {
    this.#close();
  }

  /** The next, of those at hand, that waits for no other of its change. */
  shift(): DueDelivery | undefined {
    for (;;) {
      const delivery = this.#waiting.shift();
      if (!delivery || this.#sameChange.mayGo(delivery)) return delivery;
    }
  }

  /** It is answered, or has been out for too long: what waited for it may go. */
  letFollow(delivery: DueDelivery): void {
    const behind = this.#sameChange.done(delivery);
    if (behind.length > 0) this.#waiting.putFirst(behind);
  }

  /** Settled. A read that began before may still bring the row, so until that read is done it stays held. */
  settled(eventId: string): void {
    if (this.#isReading) this.#settledMeanwhile.push(eventId);
    else this.#held.delete(eventId);
  }

  /** Reads from the start the next time. */
  startOver(): void {
    this.#cursor = { ...startOfLane };
  }

  /** Forgets what was read and not yet sent: it stays due, and is read again from the start. */
  drop(): void {
    for (const delivery of [...this.#waiting.clear(), ...this.#sameChange.clear()]) this.#held.delete(delivery.eventId);
    this.startOver();
  }

  /** No read is under way any more: what was settled meanwhile can no longer come back with it. */
  #close(): void {
    this.#isReading = false;
    for (const eventId of this.#settledMeanwhile) this.#held.delete(eventId);
    this.#settledMeanwhile = [];
  }
}

const isBehind = (cursor: LaneCursor, { dueAt, eventId }: LaneCursor): boolean =>
  dueAt > cursor.dueAt || (dueAt === cursor.dueAt && eventId > cursor.eventId);
