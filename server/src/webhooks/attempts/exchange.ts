import type { Dispatcher } from "undici";
import type { Clock } from "#platform/clock.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { answerLimits } from "./answer-limits.ts";
import {
  type ConnectionTrace,
  type ConnectionUser,
  type CurrentRequest,
  latencyOf,
  traceOf,
} from "./connection-trace.ts";
import { type NotMade, type Untimed, isClosedConnection, outcomeOfError } from "./outcome-of-error.ts";

export interface ExchangeNeeds {
  readonly clock: Clock;
  /** Host and port of the URL. */
  readonly host: string;
  readonly timeoutSeconds: number;
  readonly connectTimeoutSeconds: number;
  readonly mayStart?: (() => boolean) | undefined;
  readonly current: CurrentRequest;
  /**
   * Sends the request once more, on a new connection. Given only if the request has an idempotency key (RFC 9110, section
   * 9.2.2).
   */
  readonly repeat?: ((exchange: Exchange) => void) | undefined;
}

/**
 * A receiver that closes an idle connection does not see a request that is on its way, and its close arrives within a round
 * trip. Later, it may have begun to process the request.
 */
const closedWhileIdleMs = 1000;

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

/**
 * One request and its response. The first event that settles it counts: the end of the response, its size limit, an
 * error, or the time limit. At tens of thousands per second it is one object and one timer, without streams, signals or
 * listeners.
 */
export class Exchange implements Dispatcher.DispatchHandler, ConnectionUser {
  readonly outcome: Promise<AttemptOutcome | NotMade>;
  readonly #needs: ExchangeNeeds;
  readonly #startedMs: number;
  readonly #resolve: (outcome: AttemptOutcome | NotMade) => void;
  readonly #reject: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #isSettled = false;
  #sentMs: number | undefined;
  #answeredMs: number | undefined;
  #connection: ConnectionTrace | undefined;
  #isReused = false;
  /** Outcome of the request on a connection that the receiver had closed, before it was repeated. */
  #lost: Untimed<AttemptOutcome> | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #answer: { readonly status: number; readonly headers: Headers } | undefined;
  /** Buffer of the body, of which `#bodyBytes` are used. */
  #body: Buffer = nothing;
  #bodyBytes = 0;
  #isCut = false;

  constructor(needs: ExchangeNeeds) {
    const { promise, resolve, reject } = Promise.withResolvers<AttemptOutcome | NotMade>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#needs = needs;
    this.#startedMs = needs.clock.monotonicMs();
    this.#timer = setTimeout(runOutOfTime, needs.timeoutSeconds * 1000, this);
  }

  /** A connection is there and the request is about to be written. Throwing returns the connection unused. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#needs.mayStart?.() === false) this.#giveUp(leaseExpired);
    if (this.#isSettled) throw new Error("It is not to be sent any more.");
    this.#controller = controller;
    this.#sentMs = this.#needs.clock.monotonicMs();
    this.#needs.current.user = this;
  }

  connectionOpens(connection: ConnectionTrace): void {
    this.#connection = connection;
  }

  connectionTaken(connection: ConnectionTrace): void {
    this.#connection = connection;
    this.#isReused = connection.requests > 0;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#answer = { status, headers };
    this.#answeredMs = this.#needs.clock.monotonicMs();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#keep(chunk)) return;
    this.#isCut = true;
    this.onResponseEnd();
    controller.abort(new Error("The rest of the answer is not wanted."));
  }

  onResponseEnd(): void {
    if (!this.#answer) return;
    const { status, headers } = this.#answer;
    const body = this.#body.subarray(0, this.#bodyBytes);
    this.#settle({ kind: "answered", status, headers: joined(headers), body, ...(this.#isCut ? { isCut: true } : {}) });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#isSettled) return;
    try {
      const [isSent, isAnswering] = [this.#sentMs !== undefined, this.#answer !== undefined];
      const outcome = outcomeOfError(error, { ...this.#needs, isSent, isAnswering });
      if (outcome.kind === "not-made") this.#giveUp(outcome);
      else if (this.#wasClosedWhileIdle(error)) this.#repeat(outcome);
      else this.#settle(outcome);
    } catch (bug) {
      this.#end();
      this.#reject(bug);
    }
  }

  #wasClosedWhileIdle(error: Error): boolean {
    if (!this.#isReused || this.#sentMs === undefined || !isClosedConnection(error)) return false;
    return this.#connection?.answerBytes === 0 && this.#needs.clock.monotonicMs() - this.#sentMs < closedWhileIdleMs;
  }

  #repeat(lost: Untimed<AttemptOutcome>): void {
    const { repeat } = this.#needs;
    if (!repeat) return this.#settle(lost);
    this.#lost = lost;
    this.#isReused = false;
    this.#connection = undefined;
    this.#controller = undefined;
    this.#sentMs = undefined;
    repeat(this);
  }

  /**
   * Copies the chunk, since a chunk of one byte would keep the 64 KiB that it was read with. Returns whether all of it
   * fitted.
   */
  #keep(chunk: Buffer): boolean {
    const bytes = Math.min(this.#bodyBytes + chunk.length, answerLimits.keptBodyBytes);
    if (bytes > this.#body.length) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(bytes, 2 * this.#body.length), answerLimits.keptBodyBytes));
      this.#body.copy(larger, 0, 0, this.#bodyBytes);
      this.#body = larger;
    }
    chunk.copy(this.#body, this.#bodyBytes);
    const fits = this.#bodyBytes + chunk.length <= answerLimits.keptBodyBytes;
    this.#bodyBytes = bytes;
    return fits;
  }

  runOutOfTime(): void {
    const phase = this.#controller ? "answer" : "connect";
    this.#settle({ kind: "timed-out", afterSeconds: this.#needs.timeoutSeconds, phase });
    this.#controller?.abort(new Error("The time is up."));
  }

  #settle(outcome: Untimed<AttemptOutcome>): void {
    this.#end();
    const trace = traceOf({
      startedMs: this.#startedMs,
      sentMs: this.#sentMs,
      answeredMs: this.#answeredMs,
      endedMs: this.#needs.clock.monotonicMs(),
      connection: this.#connection,
      isReused: this.#isReused,
      isRepeated: this.#lost !== undefined,
    });
    this.#resolve({ latencyMs: latencyOf(trace), trace, ...outcome });
  }

  #giveUp(notMade: NotMade): void {
    // The receiver may have seen the first request.
    if (this.#lost) return this.#settle(this.#lost);
    this.#end();
    this.#resolve(notMade);
  }

  #end(): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
  }
}

const nothing = Buffer.alloc(0);

/** Other engines may own the lane. If none does, the delivery is read again, and has not lost an attempt. */
const leaseExpired: NotMade = { kind: "not-made", code: "lease", resource: "lease" };

// One function for all timers saves a closure for each.
const runOutOfTime = (exchange: Exchange): void => exchange.runOutOfTime();

/** Joins repeated headers with commas (RFC 9110, section 5.3). */
function joined(headers: Headers): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) plain[name] = typeof value === "string" ? value : value.join(", ");
  }
  return plain;
}
