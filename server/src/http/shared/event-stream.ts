import type { ServerResponse } from "node:http";
import { callersChannel } from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { streamLimits } from "#platform/bin-and-stream-limits.ts";

const slowReaderMs = streamLimits.slowReaderSeconds.max * 1000;

/** The time for the last bytes of a stream. */
const endMs = 1000;

const streamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-accel-buffering": "no", // nginx would buffer the response
  // An idle connection would delay the stop of the server.
  connection: "close",
} as const;

/** Why a stream ends: `access-ended` (signed out, demoted, suspended, token deleted), `reconnect`, or `gone` (its subject was deleted). */
export type EndReason = "access-ended" | "reconnect" | "gone";

/**
 * Sends server-sent events to one client. Writers wait for the client, so a stream holds one message in memory besides the
 * socket's buffer. A client that stops reading is dropped.
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

  /** Aborts when the stream has ended. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Writes the text. Resolves when the client has read enough of it, or the stream has ended. */
  async send(text: string): Promise<void> {
    if (this.isOver || this.#response.write(text)) return;
    const drained = new AbortController();
    const wake = (): void => drained.abort();
    this.#response.once("drain", wake);
    this.over.addEventListener("abort", wake);
    await this.#clock.sleep(slowReaderMs, drained.signal);
    this.#response.off("drain", wake);
    this.over.removeEventListener("abort", wake);
    if (!drained.signal.aborted) this.drop();
  }

  /** Closes the connection of a client that is too far behind to receive a last event. */
  drop(): void {
    this.#over.abort();
    this.#response.destroy();
  }

  /** Ends with an event that gives the reason. A client that does not read it is disconnected. */
  end(reason: EndReason): void {
    if (this.isOver) return;
    this.#over.abort();
    const closed = new AbortController();
    this.#response.once("close", () => closed.abort());
    this.#response.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    void this.#clock.sleep(endMs, closed.signal).then(() => this.#response.destroy());
  }
}

/** Buffers rendered messages for one client. Clients of a provider share the texts. */
export class MessageQueue {
  readonly #clock: Clock;
  readonly #onOverflow: () => void;
  #texts: string[] = [];
  #characters = 0;
  #isClosed = false;
  #wake = new AbortController();

  constructor(clock: Clock, onOverflow: () => void) {
    this.#clock = clock;
    this.#onOverflow = onOverflow;
  }

  push(text: string): void {
    if (this.#isClosed) return;
    this.#texts.push(text);
    this.#characters += text.length;
    if (this.#characters > streamLimits.waitingCharacters.max) {
      this.close();
      this.#onOverflow();
    }
    this.#wake.abort();
  }

  close(): void {
    this.#isClosed = true;
    this.#clear();
    this.#wake.abort();
  }

  /** Returns the buffered texts as soon as there are any, none after `ms`, and undefined once the queue is closed. */
  async take(ms: number): Promise<readonly string[] | undefined> {
    if (this.#texts.length === 0 && !this.#isClosed) await this.#clock.sleep(ms, this.#wake.signal);
    if (this.#isClosed) return undefined;
    this.#wake = new AbortController();
    const texts = this.#texts;
    this.#clear();
    return texts;
  }

  #clear(): void {
    this.#texts = [];
    this.#characters = 0;
  }
}

type Check = () => void;

/**
 * The open streams of each provider. They check the caller's permission again when a caller of the provider changes: a session
 * ends, a role or token is revoked, the provider is suspended.
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

  /** Returns a function that stops watching, or undefined if the provider has too many streams. */
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
