import type { ServerResponse } from "node:http";
import { callersChannel } from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { streamLimits } from "#platform/limits.ts";

const slowReaderMs = streamLimits.slowReaderSeconds.max * 1000;

/** How long the last bytes of a stream may take. */
const endMs = 1000;

const streamHeaders = {
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
    this.#response.writeHead(200, streamHeaders);
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

type Check = () => void;

/**
 * The open streams of each provider, which check again whether their caller may still look as soon as anything about the
 * provider's callers changes: a session ends, a role or a token is taken away, the provider is suspended.
 */
export class StreamAccess {
  readonly #checks = new Map<number, Set<Check>>();
  readonly #stopListening: () => void;

  constructor(pool: Pick<Pool, "onHint">) {
    this.#stopListening = pool.onHint(callersChannel, (providerIds) => {
      // Without ids, hints may have been missed.
      const changed = providerIds.length > 0 ? providerIds.map(Number) : [...this.#checks.keys()];
      for (const id of changed) for (const check of this.#checks.get(id) ?? []) check();
    });
  }

  /** Returns how to stop. `undefined`: the provider has as many streams as it may. */
  watch(providerId: number, check: Check): (() => void) | undefined {
    const checks = this.#checks.get(providerId) ?? new Set();
    if (checks.size >= streamLimits.streams.max) return undefined;
    this.#checks.set(providerId, checks.add(check));
    return () => {
      checks.delete(check);
      if (checks.size === 0) this.#checks.delete(providerId);
    };
  }

  close(): void {
    this.#stopListening();
  }
}
