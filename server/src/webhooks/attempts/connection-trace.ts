import type { TLSSocket } from "node:tls";
import type { Clock } from "#platform/clock.ts";
import { parseTime } from "#platform/times.ts";
import type { AttemptTrace } from "#webhooks/deliveries/index.ts";

/** Receives the connection of a request. */
export interface ConnectionUser {
  /** A connection is being opened for the request. */
  connectionOpens(connection: ConnectionTrace): void;
  /** The request is written to this connection. */
  connectionTaken(connection: ConnectionTrace): void;
}

/**
 * The request for which undici runs at this moment. undici opens connections and writes requests without naming the
 * handler, but it does both synchronously: the first within `dispatch`, the second right after `onRequestStart`.
 */
export class CurrentRequest {
  user: ConnectionUser | undefined;

  /** Runs a function that calls `dispatch` for the request. */
  during(user: ConnectionUser, dispatch: () => void): void {
    this.user = user;
    dispatch();
    this.user = undefined;
  }
}

interface ConnectionNeeds {
  readonly clock: Clock;
  readonly current: CurrentRequest;
  readonly isTls: boolean;
  /** False if the URL has an address instead of a name. */
  readonly isNamed: boolean;
}

/**
 * Times and properties of one connection. They are read while it opens, so that requests which reuse it cost nothing.
 * Times are of the monotonic clock, undefined until they are reached.
 */
export class ConnectionTrace {
  readonly #clock: Clock;
  readonly #current: CurrentRequest;
  readonly isTls: boolean;
  readonly isNamed: boolean;
  readonly startedMs: number;
  resolvedMs: number | undefined;
  connectedMs: number | undefined;
  readyMs: number | undefined;
  address: string | undefined;
  tlsVersion: string | undefined;
  /** Seconds since 1970. */
  certificateExpiresAt: number | undefined;
  /** Number of requests written to it. */
  requests = 0;
  /** Bytes read from it since the last request. */
  answerBytes = 0;

  constructor({ clock, current, isTls, isNamed }: ConnectionNeeds) {
    this.#clock = clock;
    this.#current = current;
    this.isTls = isTls;
    this.isNamed = isNamed;
    this.startedMs = clock.monotonicMs();
    if (!isNamed) this.resolvedMs = this.startedMs;
    current.user?.connectionOpens(this);
  }

  resolved(): void {
    this.resolvedMs ??= this.#clock.monotonicMs();
  }

  connected(): void {
    this.resolved();
    this.connectedMs ??= this.#clock.monotonicMs();
  }

  /** The TLS handshake is complete. The certificate may still be refused. */
  secured(socket: TLSSocket): void {
    this.connected();
    this.tlsVersion = socket.getProtocol() ?? undefined;
    // A receiver may send any bytes as the time: `validToDate` is then a random one. The stored form begins after 1970.
    const expiry = parseTime(socket.getPeerX509Certificate()?.validTo ?? "");
    if (expiry) this.certificateExpiresAt = Math.max(Math.floor(expiry.getTime() / 1000), 1);
  }

  ready(): void {
    this.connected();
    this.readyMs ??= this.#clock.monotonicMs();
  }

  /** Bytes are written: the first ones belong to the request that was just started. */
  writing(): void {
    const { user } = this.#current;
    if (!user) return;
    this.#current.user = undefined;
    this.answerBytes = 0;
    user.connectionTaken(this);
    this.requests += 1;
  }
}

/** Times of one request. */
export interface RequestTimes {
  readonly startedMs: number;
  /** A connection was free and the request was written. */
  readonly sentMs: number | undefined;
  /** The status line and headers arrived. */
  readonly answeredMs: number | undefined;
  readonly endedMs: number;
  readonly connection: ConnectionTrace | undefined;
  readonly isReused: boolean;
  /** The request was lost on a reused connection and repeated. */
  readonly isRepeated?: boolean;
}

/**
 * Divides the time of a request into phases of whole microseconds that leave no gap. A connection may have begun to
 * open before the request existed: only the time within the request counts.
 */
export function traceOf({ connection, isReused, isRepeated, ...times }: RequestTimes): AttemptTrace {
  const { startedMs, sentMs, answeredMs, endedMs } = times;
  let at = Math.round(startedMs * 1000);
  /** Moves to a time and returns the microseconds that passed. */
  const until = (ms: number): number => {
    const from = at;
    at = Math.max(from, Math.round(ms * 1000));
    return at - from;
  };
  const opening = isReused ? undefined : connection;
  const openedMs = sentMs ?? endedMs;
  let queued = until(opening?.startedMs ?? openedMs);
  const opens = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined ? undefined : until(Math.min(to ?? openedMs, openedMs));
  const dns = opening?.isNamed ? opens(opening.startedMs, opening.resolvedMs) : undefined;
  const tcpMs = opening?.isTls ? opening.connectedMs : (opening?.readyMs ?? opening?.connectedMs);
  const connect = opens(opening?.resolvedMs, tcpMs);
  const tls = opening?.isTls ? opens(opening.connectedMs, opening.readyMs) : undefined;
  queued += until(openedMs);
  return {
    queued,
    dns,
    connect,
    tls,
    firstByte: sentMs === undefined ? undefined : until(answeredMs ?? endedMs),
    body: answeredMs === undefined ? undefined : until(endedMs),
    connection: isRepeated ? "replaced" : connection?.readyMs === undefined ? "none" : isReused ? "reused" : "new",
    address: connection?.address,
    tlsVersion: connection?.tlsVersion,
    certificateExpiresAt: connection?.certificateExpiresAt,
    answerBytes: sentMs === undefined ? 0 : (connection?.answerBytes ?? 0),
  };
}

/** Returns the latency of a trace in whole milliseconds. */
export function latencyOf(trace: AttemptTrace): number {
  const { queued = 0, dns = 0, connect = 0, tls = 0, firstByte = 0, body = 0 } = trace;
  return Math.round((queued + dns + connect + tls + firstByte + body) / 1000);
}
