import type { Clock } from "#platform/clock.ts";
import { streamLimits } from "#platform/limits.ts";

/** What is to be told to one client, as text that all clients share. */
export class MessageQueue {
  readonly #clock: Clock;
  readonly #onOverflow: () => void;
  #waiting: string[] = [];
  #characters = 0;
  #isClosed = false;
  #wake = new AbortController();

  constructor(clock: Clock, onOverflow: () => void) {
    this.#clock = clock;
    this.#onOverflow = onOverflow;
  }

  push(text: string): void {
    if (this.#isClosed) return;
    this.#waiting.push(text);
    this.#characters += text.length;
    if (this.#characters > streamLimits.waitingCharacters.max) {
      this.close();
      this.#onOverflow();
    }
    this.#wake.abort();
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#characters = 0;
    this.#wake.abort();
  }

  /** What has come, as soon as something has; nothing when `ms` have passed; undefined once it is closed. */
  async take(ms: number): Promise<readonly string[] | undefined> {
    if (this.#waiting.length === 0 && !this.#isClosed) await this.#clock.sleep(ms, this.#wake.signal);
    if (this.#isClosed) return undefined;
    this.#wake = new AbortController();
    const taken = this.#waiting;
    this.#waiting = [];
    this.#characters = 0;
    return taken;
  }
}
