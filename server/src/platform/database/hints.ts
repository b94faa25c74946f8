import type pg from "pg";
import { systemClock } from "#platform/clock/clock.ts";
import { randomHex } from "#platform/ids/random-token.ts";
import type { DatabaseLog } from "./database-log.ts";
import { HintLine, type WalSeen } from "./hint-line.ts";
import { HintPace } from "./hint-pace.ts";
import { readHints, writeHints } from "./hint-payload.ts";
import type { LineWatch } from "./line-watch.ts";
import type { HintsLeft } from "./run-transaction.ts";

type Listener = (values: readonly string[]) => void;

interface HintsNeeds {
  readonly connection: () => pg.ClientConfig;
  readonly channel: string;
  readonly log: DatabaseLog;
  readonly watch: LineWatch;
  readonly seen: WalSeen;
}

/** Carries hints between those who leave them and those who listen. */
export interface HintCarrier extends AsyncDisposable {
  /** Calls `listener` with the values of each bundle. Returns how to stop. */
  on(channel: string, listener: Listener): () => void;
  spread(left: HintsLeft): void;
}

/** Spreads what transactions left with `hintAfterCommit`: in this process at once, to others by notify. */
export class Hints implements HintCarrier {
  readonly #self = randomHex(8);
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #line: HintLine;
  readonly #pace = new HintPace();
  #forUs: HintsLeft = new Map();
  #forOthers: HintsLeft = new Map();
  #timer: NodeJS.Timeout | undefined;
  #saidMs = Number.NEGATIVE_INFINITY;

  constructor({ connection, channel, log, watch, seen }: HintsNeeds) {
    this.#line = new HintLine({
      connection,
      channel,
      log,
      watch,
      seen,
      onOpened: () => {
        for (const hinted of this.#listeners.keys()) this.#tell(hinted, []);
        this.#saySoon();
      },
      onPayload: (payload) => {
        const heard = readHints(payload);
        if (heard?.from === this.#self) return;
        if (heard) this.#pace.heard(heard.from, systemClock.monotonicMs());
        for (const [hinted, values] of heard?.hints ?? []) this.#tell(hinted, values);
      },
    });
  }

  on(channel: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set<Listener>();
    this.#listeners.set(channel, listeners.add(listener));
    this.#line.open();
    return () => listeners.delete(listener);
  }

  spread(left: HintsLeft): void {
    if (left.size === 0) return;
    if (this.#forUs.size === 0) queueMicrotask(() => this.#tellUs());
    merge(this.#forUs, left);
    merge(this.#forOthers, left);
    this.#line.open();
    this.#saySoon();
  }

  /** What was not yet said is said, if the line is open; whoever misses it looks by itself within a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#say();
    await this.#line[Symbol.asyncDispose]();
  }

  #tell(channel: string, values: readonly string[]): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener(values);
  }

  #tellUs(): void {
    const left = this.#forUs;
    this.#forUs = new Map();
    for (const [channel, values] of left) this.#tell(channel, [...values]);
  }

  #saySoon(): void {
    if (!this.#line.isOpen || this.#forOthers.size === 0) return;
    const nowMs = systemClock.monotonicMs();
    const waitMs = Math.max(0, this.#saidMs + this.#pace.everyMs(nowMs) - nowMs);
    this.#timer ??= setTimeout(() => void this.#say(), waitMs);
  }

  async #say(): Promise<void> {
    this.#timer = undefined;
    const left = this.#forOthers;
    if (left.size === 0) return;
    this.#forOthers = new Map();
    this.#saidMs = systemClock.monotonicMs();
    await this.#line.say(writeHints(this.#self, left));
  }
}

function merge(into: HintsLeft, left: HintsLeft): void {
  for (const [channel, values] of left) into.set(channel, new Set([...(into.get(channel) ?? []), ...values]));
}
