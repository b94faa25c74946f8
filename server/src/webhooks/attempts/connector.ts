import { request as requestOverTls } from "node:https";
import { createRequire } from "node:module";
import { isIP, type LookupFunction, Socket } from "node:net";
import { unescape as percentDecoded } from "node:querystring";
import { createSecureContext, getCACertificates, type SecureContext, TLSSocket } from "node:tls";
import { LRUCache } from "lru-cache";
import type * as Undici from "undici";
import type { buildConnector } from "undici";
import type { Clock } from "#platform/clock.ts";
import { errorCode, exhaustedBy } from "#platform/errors.ts";
import {
  type Address,
  type AllowedTargets,
  type HideAddress,
  isGlobalUnicast,
  type Lookup,
  resolveTarget,
} from "#platform/network/target-guard.ts";
import { nodeHttp } from "#platform/http.ts";
import { limitAnswers } from "./answer-limits.ts";
import { ConnectionTrace, type CurrentRequest } from "./connection-trace.ts";

// The package's own entry also loads its caches, mocks and proxies: 90 modules, and 0.1 s of the start of each process.
const load = createRequire(import.meta.url);

export const Pool: typeof Undici.Pool = load("undici/lib/dispatcher/pool.js");
export type Pool = Undici.Pool;

const createConnector: typeof Undici.buildConnector = load("undici/lib/core/connect.js");

export interface ConnectorOptions {
  readonly clock: Clock;
  readonly current: CurrentRequest;
  readonly allowed: AllowedTargets;
  readonly lookup: Lookup;
  /** Time limit of look-up, TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Additional certificate authorities. */
  readonly caPem?: string | undefined;
  /** Proxy of every connection. It connects to the address that was checked here. */
  readonly proxyUrl?: string | undefined;
  readonly hideAddress?: HideAddress;
}

/** The URL leads to an address that the operator has not allowed. */
export class ForbiddenTargetError extends Error {
  override readonly name = "ForbiddenTargetError";
  readonly address: string;
  readonly isDenied: boolean;
  /** Outcomes leave the address out. */
  readonly isHidden: boolean;

  constructor(address: string, { isDenied, isHidden }: { readonly isDenied: boolean; readonly isHidden: boolean }) {
    super(`${address} is forbidden`);
    this.address = address;
    this.isDenied = isDenied;
    this.isHidden = isHidden;
  }
}

/** The name has no address; `code` is that of the resolver. */
export class NoAddressError extends Error {
  override readonly name = "NoAddressError";
  readonly code: string;

  constructor(code: string) {
    super(`no address: ${code}`);
    this.code = code;
  }
}

/** Leaves time for the next address within the connect time-out. */
const addressAttemptTimeoutMs = 2500;

/** Bytes that a socket reads ahead. With 64 KiB, the default of undici, an endless response costs twice as much. */
const socketOptions = { highWaterMark: 16 * 1024 };

/**
 * A resumed TLS session brings no certificate, so the expiry of the last full handshake with the name applies. More
 * names than the sessions that undici keeps.
 */
const expiriesMax = 1000;

type Judge = (hostname: string) => Promise<readonly Address[]>;

/** Opens a connection, and notes its progress in the trace. */
type Open = (target: buildConnector.Options, trace: ConnectionTrace, callback: buildConnector.Callback) => void;

/**
 * Opens connections to checked addresses only. A connection uses the look-up that was checked for it, so no second
 * answer of the name can come in between. A connection that is kept alive keeps its address.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const judge: Judge = async (hostname) => {
    const target = await resolveTarget(hostname, options);
    if ("forbidden" in target) {
      const { forbidden: address, isDenied } = target;
      options.hideAddress?.({ hostname, address });
      throw new ForbiddenTargetError(address, { isDenied, isHidden: options.hideAddress !== undefined });
    }
    if ("unresolvable" in target) throw new NoAddressError(target.unresolvable);
    return target.addresses;
  };
  const connect = createConnector({
    allowH2: false,
    ...socketOptions,
    timeout: options.connectTimeoutMs,
    lookup: lookupThatJudges(judge),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: addressAttemptTimeoutMs,
    rejectUnauthorized: true,
    secureContext: secureContextOf(options.caPem),
  });
  const open: Open =
    options.proxyUrl === undefined
      ? connectDirectly(connect, judge)
      : connectThroughProxy(connect, judge, { proxyUrl: options.proxyUrl, timeoutMs: options.connectTimeoutMs });
  const { clock, current } = options;
  // Servers refuse a name with a dot at its end (RFC 6066 §3).
  const withServerName = (target: buildConnector.Options): buildConnector.Options =>
    target.hostname.endsWith(".") ? { ...target, servername: target.hostname.slice(0, -1) } : target;
  const expiries = new LRUCache<string, number>({ max: expiriesMax });
  return (target, callback) => {
    const trace = new ConnectionTrace({
      clock,
      current,
      isTls: target.protocol === "https:",
      isNamed: isIP(target.hostname) === 0,
    });
    open(withServerName(target), trace, (...opened) => {
      const [error, socket] = opened;
      if (socket) {
        trace.ready();
        limitAnswers(socket, trace);
        // Node.js does not close a socket at a TLS alert after the handshake, and undici takes the end that follows for the error.
        socket.once("error", (alert) => socket.destroy(alert));
        if (trace.isTls) rememberExpiry(expiries, target.hostname, trace);
      } else if (error instanceof ForbiddenTargetError && !error.isHidden) trace.address = error.address;
      trace.address = visible(trace.address, options.hideAddress);
      callback(...opened);
    });
  };
}

// Node.js parses the default authorities once per process, but listed ones for each context: 60 ms.
const secureContextOf = (caPem: string | undefined): SecureContext =>
  createSecureContext(caPem === undefined ? {} : { ca: [...getCACertificates("default"), caPem] });

function rememberExpiry(expiries: LRUCache<string, number>, hostname: string, trace: ConnectionTrace): void {
  if (trace.certificateExpiresAt === undefined) trace.certificateExpiresAt = expiries.get(hostname);
  else expiries.set(hostname, trace.certificateExpiresAt);
}

/** Hides addresses of the operator's network from tenants, allowed ones too. */
const visible = (address: string | undefined, hideAddress: HideAddress): string | undefined =>
  address !== undefined && hideAddress !== undefined && !isGlobalUnicast(address) ? undefined : address;

/** Node.js always requests all addresses, since it tries one after the other. */
const lookupThatJudges =
  (judge: Judge): LookupFunction =>
  (hostname, _all, callback) => {
    judge(hostname).then(
      (addresses) => callback(null, [...addresses]),
      (error: unknown) => callback(asError(error), ""),
    );
  };

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Checks an address in the URL itself before connecting, since no look-up happens. */
function connectDirectly(connect: buildConnector.connector, judge: Judge): Open {
  return (target, trace, callback) => {
    const connectNow = (): void => observe(connect, { target, trace, callback });
    if (isIP(target.hostname) === 0) return connectNow();
    judge(target.hostname).then(connectNow, (error: unknown) => callback(asError(error), null));
  };
}

interface Opening {
  readonly target: buildConnector.Options;
  readonly trace: ConnectionTrace;
  readonly callback: buildConnector.Callback;
}

/**
 * Opens a connection and notes its times. The connector of undici returns the socket, which its types leave out; only
 * the socket shows when TCP was connected and TLS begins. Listens before Node.js does, so that a certificate which is
 * about to be refused is read too.
 */
function observe(connect: buildConnector.connector, { target, trace, callback }: Opening): void {
  const socket: unknown = connect(target, callback);
  if (!(socket instanceof Socket)) return;
  socket
    .once("lookup", (error: Error | null) => {
      if (!error) trace.resolved();
    })
    .on("connectionAttempt", (address: string) => (trace.address = address))
    .once("connect", () => trace.connected());
  if (socket instanceof TLSSocket) socket.prependOnceListener("secure", () => trace.secured(socket));
}

/** Passes the checked address to the proxy, never the name. */
function connectThroughProxy(
  connect: buildConnector.connector,
  judge: Judge,
  proxy: { readonly proxyUrl: string; readonly timeoutMs: number },
): Open {
  return (target, trace, callback) => {
    const { isTls } = trace;
    const tunnel = async () => {
      const [first] = await judge(target.hostname);
      if (!first) throw new NoAddressError("ENOTFOUND");
      trace.resolved();
      trace.address = first.address;
      return openTunnel({ ...proxy, ...first, port: Number(target.port) || (isTls ? 443 : 80) });
    };
    tunnel().then(
      (socket) => {
        trace.connected();
        if (isTls) observe(connect, { target: { ...target, httpSocket: socket }, trace, callback });
        else callback(null, socket);
      },
      (error: unknown) => callback(asError(error), null),
    );
  };
}

/** The proxy opened no tunnel to the address. `problem` continues a sentence about that. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly code: string;
  readonly problem: string;

  constructor(code: string, problem: string) {
    super(`the proxy opened no tunnel: ${problem}`);
    this.code = code;
    this.problem = problem;
  }
}

/** Returns the error of the connection to the proxy itself. A lack of our own resources and a lack of time keep theirs. */
function errorOfProxy(error: Error): Error {
  const code = errorCode(error) ?? error.name;
  if (code === "ETIMEDOUT" || exhaustedBy(error)) return error;
  return new ProxyError("PROXY_FAILED", `the connection to it failed (${code})`);
}

interface Tunnel extends Address {
  readonly proxyUrl: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** Opens a tunnel through the proxy (CONNECT, RFC 9110, section 9.3.6). Returns its socket. */
function openTunnel({ proxyUrl, address, family, port, timeoutMs }: Tunnel): Promise<Socket> {
  const { protocol, username, password } = new URL(proxyUrl);
  const authority = `${family === 6 ? `[${address}]` : address}:${port}`;
  const credentials = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return new Promise((resolve, reject) => {
    const request = (protocol === "https:" ? requestOverTls : nodeHttp.request)(proxyUrl, {
      method: "CONNECT",
      path: authority,
      headers: {
        host: authority,
        ...(username === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }),
      },
      agent: false,
      timeout: timeoutMs,
    });
    request.once("connect", ({ statusCode = 0 }, socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        reject(new ProxyError("PROXY_REFUSED", `it answered ${statusCode}`));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once("timeout", () =>
      request.destroy(Object.assign(new Error("the proxy is slow"), { code: "ETIMEDOUT" })),
    );
    request.once("error", (error) => reject(errorOfProxy(error)));
    request.end();
  });
}
