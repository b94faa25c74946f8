import type { Dispatcher } from "undici";
import type { Clock } from "#platform/clock.ts";
import { exhaustedBy, type Resource } from "#platform/errors.ts";
import { lookupLimits } from "#platform/network/name-resolver.ts";
import type { AttemptOutcome } from "#webhooks/deliveries/index.ts";
import { answerLimits, UnusableAnswerError } from "./answer-limits.ts";
import {
  type ConnectionTrace,
  type ConnectionUser,
  type CurrentRequest,
  latencyOf,
  traceOf,
} from "./connection-trace.ts";
import { ForbiddenTargetError, NoAddressError, ProxyError } from "./connector.ts";

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

/** An outcome without its measurements. */
export type Untimed<Outcome> = Outcome extends unknown ? Omit<Outcome, "latencyMs" | "trace"> : never;

/**
 * No attempt: this process could not open a connection, for want of a resource of its own, or its engine's lease had expired when the
 * connection was there. Nothing was sent.
 */
export interface NotMade {
  readonly kind: "not-made";
  readonly code: string;
  readonly resource: Resource | "lease";
}

export interface FailedExchange {
  /** Host and port of the URL, for sentences. */
  readonly host: string;
  readonly connectTimeoutSeconds: number;
  /** The head of the response has arrived. */
  readonly isAnswering: boolean;
  /** The request may have been written. */
  readonly isSent: boolean;
}

type Sentence = (host: string, error: Error) => string;

const unknownAuthority: Sentence = (host) =>
  `The certificate of ${host} comes from an authority that is not known here. BELLWIRE_CA_FILE can name it.`;
const noName: Sentence = (host) => `There is no address for the name in ${host}.`;
const noWay: Sentence = (host) => `There is no way through the network to ${host}.`;
const closed: Sentence = (host) => `${host} closed the connection before it had answered.`;
const noTls: Sentence = (host, error) => `No TLS connection could be agreed on with ${host}: ${reasonOf(error)}.`;

const sentences: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: (host) => `${host} refused the connection: nothing listens there.`,
  ECONNRESET: closed,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  ENOTFOUND: noName,
  ENODATA: noName,
  EAI_AGAIN: (host) => `The name servers could not look up the name in ${host}; this may pass.`,
  ETIMEOUT: (host) => `The name in ${host} was not answered within ${lookupLimits.totalSeconds} s.`,
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
  EADDRNOTAVAIL: noWay,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  CERT_HAS_EXPIRED: (host) => `The certificate of ${host} has expired.`,
  CERT_NOT_YET_VALID: (host) => `The certificate of ${host} is not valid yet.`,
  ERR_TLS_CERT_ALTNAME_INVALID: (host, error) =>
    `The certificate of ${host} is for another name: ${altNamesOf(error)}.`,
  EPROTO: noTls,
  // TLS 1.3 only: before, the receiver does not say why the handshake failed.
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: (host) => `${host} requires a client certificate, and Bellwire has none.`,
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: (host) => `${host} does not accept HTTP/1.1, which Bellwire sends.`,
  UND_ERR_HEADERS_OVERFLOW: (host) => `${host} sent more than ${answerLimits.headerBytes / 1024} KiB of trailers.`,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: (host) =>
    `${host} announced a length for its answer that the answer does not have.`,
  UND_ERR_DESTROYED: () => "Bellwire was stopped before the answer came.",
};

/** Returns the outcome for callers that do not try again: an error without an answer, like others. */
export const outcomeOfNotMade = ({ code, resource }: NotMade): AttemptOutcome => ({
  kind: "unreachable",
  code,
  reason: `Bellwire could not open a connection: ${lacking[resource]} (${code}). Nothing was sent.`,
  latencyMs: 0,
});

const lacking: Readonly<Record<NotMade["resource"], string>> = {
  descriptors: "its process or machine has reached a limit of open files or of memory for sockets",
  ports: "all local ports for this address are in use",
  lease: "the lease of its engine has expired",
};

const untimed = traceOf({
  startedMs: 0,
  sentMs: undefined,
  answeredMs: undefined,
  endedMs: 0,
  connection: undefined,
  isReused: false,
});

/** Returns the outcome of an attempt at a name whose look-up has just failed with this code. */
export function outcomeOfFailedLookup(code: string, host: string): AttemptOutcome | NotMade {
  const before = { host, connectTimeoutSeconds: 0, isAnswering: false, isSent: false };
  const outcome = outcomeOfError(new NoAddressError(code), before);
  if (outcome.kind === "not-made") return outcome;
  return { latencyMs: 0, trace: { ...untimed, dns: 0 }, ...outcome };
}

/**
 * Converts an error caused by a receiver, a network, a resolver or a lack of our own resources. Throws errors that only a bug
 * can cause.
 */
export function outcomeOfError(error: Error, exchange: FailedExchange): Untimed<AttemptOutcome> | NotMade {
  const { host, connectTimeoutSeconds, isAnswering, isSent } = exchange;
  const exhausted = isSent ? undefined : exhaustedBy(error);
  if (exhausted) return { kind: "not-made", ...exhausted };
  if (error instanceof ForbiddenTargetError) return forbidden(error, host);
  if (error instanceof ProxyError) {
    const reason = `The proxy did not open a connection to ${host}: ${error.problem}.`;
    return { kind: "unreachable", code: error.code, reason };
  }
  if (error instanceof UnusableAnswerError)
    return { kind: "unreachable", code: error.code, reason: `${host} ${error.problem}.`, isUnusable: true };
  const code = codeOf(error);
  if (code === "UND_ERR_CONNECT_TIMEOUT" || (code === "ETIMEDOUT" && !isAnswering)) {
    return { kind: "timed-out", afterSeconds: connectTimeoutSeconds, phase: "connect" };
  }
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") throw error;
  const isUnusable = isParserError(code, error) || code === "ETIMEOUT";
  return {
    kind: "unreachable",
    code,
    reason: sentenceOf(code, error, exchange),
    ...(isUnusable ? { isUnusable } : {}),
  };
}

const isParserError = (code: string, error: Error): boolean =>
  code.startsWith("HPE_") || error.name === "HTTPParserError";

const forbidden = (error: ForbiddenTargetError, host: string): Untimed<AttemptOutcome> => ({
  kind: "forbidden-target",
  address: error.address,
  reason: `${host} leads to ${whyForbidden(error)}`,
});

function whyForbidden({ address, isDenied, isHidden }: ForbiddenTargetError): string {
  if (isHidden) return "an address that is not allowed.";
  return isDenied
    ? `${address}, which BELLWIRE_DENIED_TARGETS denies.`
    : `${address}, which is not a public address. BELLWIRE_ALLOWED_TARGETS can allow it.`;
}

function sentenceOf(code: string, error: Error, { host, isAnswering }: FailedExchange): string {
  const sentence = sentences[code];
  if (isAnswering && sentence === closed) return `${host} closed the connection in the middle of its answer.`;
  if (sentence) return sentence(host, error);
  if (isParserError(code, error)) return `${host} did not answer in HTTP/1.1: ${error.message}.`;
  if (code.startsWith("ERR_SSL_")) return noTls(host, error);
  return `${host} could not be reached: ${error.message}.`;
}

/** True if the receiver, or the network, closed or reset the connection. */
const isClosedConnection = (error: Error): boolean => sentences[codeOf(error)] === closed;

/** Some errors of the parser of undici have no code. */
const codeOf = (error: Error): string => ("code" in error && typeof error.code === "string" ? error.code : error.name);

/** Returns the reason without OpenSSL's error numbers and source lines. */
const reasonOf = (error: Error): string =>
  "reason" in error && typeof error.reason === "string" ? error.reason : error.message.trim();

/** A certificate may have thousands of names. */
const namesMax = 5;

/** Returns the first names of the certificate, such as `example.org, *.example.org`. */
function altNamesOf(error: Error): string {
  const cert = "cert" in error ? error.cert : undefined;
  const names = typeof cert === "object" && cert && "subjectaltname" in cert ? cert.subjectaltname : undefined;
  if (typeof names !== "string") return error.message;
  const all = names.replaceAll("DNS:", "").split(", ");
  return all.length > namesMax
    ? `${all.slice(0, namesMax).join(", ")} and ${all.length - namesMax} others`
    : all.join(", ");
}
