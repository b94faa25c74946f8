import type { Clock } from "#platform/clock/clock.ts";
import type { StreamMessage } from "./stream-message.ts";

/** Enough for a moment's burst. Who is further behind is cut off, and comes back with the last mark that he got. */
const messagesMax = 10_000;

/** What is to be told to one client. */
export class MessageQueue {
  readonly #clock: Clock;
  #waiting: StreamMessage[] = [];
  #isClosed = false;
  #wake = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  push(messages: readonly StreamMessage[]): void {
    this.#waiting.push(...messages);
    if (this.#waiting.length > messagesMax) this.close();
    this.#wake.abort();
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#wake.abort();
  }

  /** What has come, as soon as something has; nothing when `ms` have passed; undefined once it is closed. */
  async take(ms: number): Promise<readonly StreamMessage[] | undefined> {
    if (this.#waiting.length === 0 && !this.#isClosed) await this.#clock.sleep(ms, this.#wake.signal);
    if (this.#isClosed) return undefined;
    this.#wake = new AbortController();
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
