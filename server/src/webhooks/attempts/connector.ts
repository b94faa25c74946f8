import { request as requestPlain } from "node:http";
import { request as requestOverTls } from "node:https";
import { type LookupFunction, type Socket, isIP } from "node:net";
import { unescape as percentDecoded } from "node:querystring";
import { createSecureContext, getCACertificates } from "node:tls";
import { buildConnector } from "undici";
import {
  type Address,
  type AllowedTargets,
  type HideAddress,
  type Lookup,
  resolveTarget,
} from "#platform/network/target-guard.ts";
import { limitAnswers } from "./answer-limits.ts";

export interface ConnectorOptions {
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
class NoAddressError extends Error {
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

type Judge = (hostname: string) => Promise<readonly Address[]>;

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
  const connect = buildConnector({
    allowH2: false,
    ...socketOptions,
    timeout: options.connectTimeoutMs,
    lookup: lookupThatJudges(judge),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: addressAttemptTimeoutMs,
    rejectUnauthorized: true,
    secureContext: createSecureContext({
      ca: [...getCACertificates("default"), ...(options.caPem === undefined ? [] : [options.caPem])],
    }),
  });
  const open =
    options.proxyUrl === undefined
      ? connectDirectly(connect, judge)
      : connectThroughProxy(connect, judge, { proxyUrl: options.proxyUrl, timeoutMs: options.connectTimeoutMs });
  return (target, callback) =>
    open(target, (...opened) => {
      const [, socket] = opened;
      if (socket) limitAnswers(socket);
      callback(...opened);
    });
}

function lookupThatJudges(judge: Judge): LookupFunction {
  return (hostname, { all }, callback) => {
    judge(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (all) callback(null, [...addresses]);
        else callback(null, first?.address ?? "", first?.family);
      },
      (error: unknown) => callback(asError(error), ""),
    );
  };
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Checks an address in the URL itself before connecting, since no look-up happens. */
function connectDirectly(connect: buildConnector.connector, judge: Judge): buildConnector.connector {
  return (target, callback) => {
    if (isIP(target.hostname) === 0) return connect(target, callback);
    judge(target.hostname).then(
      () => connect(target, callback),
      (error: unknown) => callback(asError(error), null),
    );
  };
}

/** Passes the checked address to the proxy, never the name. */
function connectThroughProxy(
  connect: buildConnector.connector,
  judge: Judge,
  proxy: { readonly proxyUrl: string; readonly timeoutMs: number },
): buildConnector.connector {
  return (target, callback) => {
    const isTls = target.protocol === "https:";
    const tunnel = async () => {
      const [first] = await judge(target.hostname);
      if (!first) throw new NoAddressError("ENOTFOUND");
      return openTunnel({ ...proxy, ...first, port: Number(target.port) || (isTls ? 443 : 80) });
    };
    tunnel().then(
      (socket) => (isTls ? connect({ ...target, httpSocket: socket }, callback) : callback(null, socket)),
      (error: unknown) => callback(asError(error), null),
    );
  };
}

/** The proxy refused to connect to the address. */
export class ProxyRefusedError extends Error {
  override readonly name = "ProxyRefusedError";
  readonly status: number;

  constructor(status: number) {
    super(`the proxy answered ${status}`);
    this.status = status;
  }
}

export interface Tunnel {
  readonly proxyUrl: string;
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  readonly timeoutMs: number;
}

/** Opens a tunnel through the proxy (CONNECT, RFC 9110, section 9.3.6). Returns its socket. */
function openTunnel({ proxyUrl, address, family, port, timeoutMs }: Tunnel): Promise<Socket> {
  const { protocol, username, password } = new URL(proxyUrl);
  const authority = `${family === 6 ? `[${address}]` : address}:${port}`;
  const credentials = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return new Promise((resolve, reject) => {
    const request = (protocol === "https:" ? requestOverTls : requestPlain)(proxyUrl, {
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
        reject(new ProxyRefusedError(statusCode));
        return;
      }
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once("response", (response) => {
      response.destroy();
      reject(new ProxyRefusedError(response.statusCode ?? 0));
    });
    request.once("timeout", () =>
      request.destroy(Object.assign(new Error("the proxy is slow"), { code: "ETIMEDOUT" })),
    );
    request.once("error", reject);
    request.end();
  });
}
