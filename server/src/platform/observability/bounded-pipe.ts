import type { Clock } from "#platform/clock/clock.ts";

interface Pipe {
  readonly writableLength: number;
  write(text: string): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Some 2,000 lines. */
const bytesMax = 1024 * 1024;

/**
 * Writes log lines to a pipe whose reader may stop reading, or end: the process neither waits for it nor keeps lines without
 * limit. Lines beyond a megabyte are dropped; when there is room again, a warning tells how many.
 */
export class BoundedPipe {
  readonly #pipe: Pipe;
  readonly #clock: Pick<Clock, "now">;
  #dropped = 0;

  constructor(pipe: Pipe, clock: Pick<Clock, "now">) {
    this.#pipe = pipe;
    this.#clock = clock;
    pipe.on("error", () => undefined); // its reader has ended
  }

  write(lines: string): void {
    if (this.#pipe.writableLength >= bytesMax) {
      this.#dropped += lines.split("\n").length - 1;
      return;
    }
    this.#pipe.write(this.#dropped === 0 ? lines : this.#warning() + lines);
  }

  /** In the form of the other lines; 40 is a warning. */
  #warning(): string {
    const line = { level: 40, time: this.#clock.now().getTime(), pid: process.pid, dropped: this.#dropped };
    this.#dropped = 0;
    return `${JSON.stringify({ ...line, msg: "log lines dropped: the log was not read" })}\n`;
  }
}
