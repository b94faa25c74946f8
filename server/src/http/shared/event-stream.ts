import type { ServerResponse } from "node:http";
import type { Clock } from "#platform/clock/clock.ts";
import { streamLimits } from "#platform/limits/bin-limits.ts";

const slowReaderMs = streamLimits.slowReaderSeconds.max * 1000;

/** How long the last bytes of a stream may take. */
const endMs = 1000;

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-accel-buffering": "no", // nginx would keep what it gets until there is more
  // A connection that idled on after its stream would keep a server that stops waiting.
  connection: "close",
} as const;

/** Why a stream ends: `access-ended` (signed out, demoted, suspended, token deleted), `reconnect`, or `gone` (its subject was deleted). */
export type EndReason = "access-ended" | "reconnect" | "gone";

/**
 * Server-sent events to one client. Writers wait for the client, so a stream holds one message in memory besides the socket's
 * own buffer; a client that stops reading is dropped.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #over = new AbortController();

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
    response.once("close", () => this.#over.abort());
    response.on("error", () => this.#over.abort());
  }

  /** Sends the headers. The route must have hijacked its reply. */
  open(): void {
    this.#response.writeHead(200, headers);
    this.#response.flushHeaders();
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Aborts when nothing can be sent any more. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Resolves when there is room for more, or the stream is over. */
  async send(text: string): Promise<void> {
    if (this.isOver || this.#response.write(text)) return;
    const roomAgain = new AbortController();
    const wake = (): void => roomAgain.abort();
    this.#response.once("drain", wake);
    this.over.addEventListener("abort", wake);
    await this.#clock.sleep(slowReaderMs, roomAgain.signal);
    this.#response.off("drain", wake);
    this.over.removeEventListener("abort", wake);
    if (!roomAgain.signal.aborted) this.drop();
  }

  /** Cuts the connection: for a client that is too far behind to be told anything. */
  drop(): void {
    this.#over.abort();
    this.#response.destroy();
  }

  /** Ends with an event that says why. A client that does not read it is cut off. */
  end(reason: EndReason): void {
    if (this.isOver) return;
    this.#over.abort();
    const closed = new AbortController();
    this.#response.once("close", () => closed.abort());
    this.#response.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    void this.#clock.sleep(endMs, closed.signal).then(() => this.#response.destroy());
  }
}
