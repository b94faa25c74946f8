import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { CannotStart, errorCode, errorMessage } from "#platform/errors.ts";

/**
 * Returns the port to listen on, a free one for 0. Refuses a port in use immediately, before a database is created for nothing.
 */
export async function claimPort(host: string, port: number, setting = "PORT"): Promise<number> {
  for (;;) {
    const claimed = port || randomInt(...freePorts);
    const server = createServer();
    try {
      server.listen(claimed, host);
      await once(server, "listening");
      return claimed;
    } catch (error) {
      if (port !== 0 || errorCode(error) !== "EADDRINUSE") throw listenError(error, { host, port, setting });
    } finally {
      server.close();
    }
  }
}

/** Below those that systems give to connections and would give for 0: one of them may be taken again before we listen. */
const freePorts = [10_000, 32_000] as const;

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** The setting that configures the port. */
  readonly setting?: string;
}

export function listenError(error: unknown, { host, port, setting = "PORT" }: Listening): CannotStart {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `is taken by another program. End it, or set ${setting} to another one`,
    EACCES: `may not be used by this user. Set ${setting} to one above 1023`,
    EADDRNOTAVAIL: "cannot be listened on: this machine has no such address (HOST)",
    ENOTFOUND: "cannot be listened on: there is no such host (HOST)",
  };
  return new CannotStart(
    `Port ${port} on ${host} ${reasons[errorCode(error) ?? ""] ?? `cannot be listened on: ${errorMessage(error)}`}.`,
  );
}

const everyInterface = new Set(["0.0.0.0", "::", "127.0.0.1", "::1"]);

/** Returns the URL of the server for a browser on this machine. */
export function localUrl(host: string, port: number): string {
  const name = everyInterface.has(host) ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** How the outside reaches a provider's two sides, without a slash at the end. */
export interface ProviderUrls {
  readonly publicUrl: string;
  /** Where mails come from while a provider names no address of its own. */
  readonly noReplyAddress: string;
  readonly developerPortal: (provider: { readonly subdomain: string }) => string;
  readonly adminPortal: (provider: { readonly subdomain: string }) => string;
  /** Returns whether a URL leads to this installation. */
  readonly isOurs: (url: URL) => boolean;
}

/**
 * With a base domain, `{subdomain}.BASE` and `{subdomain}-admin.BASE` at the scheme and port of the public URL; without,
 * everything is at the public URL.
 */
export function providerUrls(publicUrl: string, baseDomain: string | undefined): ProviderUrls {
  const { protocol, port, hostname } = new URL(publicUrl);
  const portSuffix = port === "" ? "" : `:${port}`;
  const at = (name: string): string => `${protocol}//${name}.${baseDomain}${portSuffix}`;
  return {
    publicUrl,
    noReplyAddress: `no-reply@${hostname}`,
    developerPortal: ({ subdomain }) => (baseDomain === undefined ? publicUrl : at(subdomain)),
    adminPortal: ({ subdomain }) => (baseDomain === undefined ? publicUrl : at(`${subdomain}-admin`)),
    isOurs: (url) => {
      const name = url.hostname.replace(/\.$/, ""); // that of the root, which leads to the same host
      const isOurName = name === hostname || (baseDomain !== undefined && name.endsWith(`.${baseDomain}`));
      return isOurName && url.port === port;
    },
  };
}

/** Below this, a busy process will probably run out of descriptors: see docs/guides/size.md. */
const recommended = 1024;
/** From this part of the maximum on, connections are not kept alive. */
const keepAlivePart = 0.75;
const logEveryMs = 10_000;

/** Descriptors of a process that are neither of database connections, clients nor receivers. */
const ownDescriptors = 60;
/** Attempts that are allowed however few descriptors there are. */
const attemptsMin = 16;

interface DescriptorLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * Returns the maximum number of files and connections that this process may have open, or undefined if it is unlimited or
 * unknown. Node.js raises the soft limit to the hard one at its start.
 */
export function readDescriptorLimit(file = "/proc/self/limits"): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined; // another system than Linux
  }
  const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(text) ?? [];
  return soft === undefined || soft === "unlimited" ? undefined : Number(soft);
}

/** Warns at the start, since the limit cannot be raised while the process runs. */
export function warnOfLowLimit(limit: number | undefined, log: DescriptorLog): void {
  if (limit !== undefined && limit < recommended)
    log.warn(
      { limit, recommended },
      "the limit of open files is low (ulimit -n): connections will wait for each other",
    );
}

/**
 * Returns how many attempts may be in flight in a process that also has the web role, so that hanging receivers leave clients their half of
 * the descriptors. Accepting a connection needs a free one: otherwise libuv closes it at once, and no idle connection can make room.
 */
export const attemptsBesideClients = (limit: number | undefined, databaseConnections: number): number | undefined =>
  limit && Math.max(attemptsMin, Math.floor(limit / 2) - ownDescriptors - databaseConnections);

/**
 * Leaves half of the descriptors to the database, to receivers and to files, so that clients of the web role cannot use them up.
 * From three quarters of its half on, the server keeps no connection alive, and each new connection ends the one that has waited
 * longest for a request, also for its first one; at the end of it, new connections are closed.
 */
export function limitConnections(
  http: FastifyInstance,
  limit: number | undefined,
  { log, nowMs }: { readonly log: DescriptorLog; readonly nowMs: () => number },
): void {
  if (limit === undefined) return;
  const { server } = http;
  const max = Math.max(1, Math.floor(limit / 2));
  const keptAliveMax = Math.floor(max * keepAlivePart);
  /** Connections without a request, in the order of their opening or of their last response. */
  const idle = new Set<Socket>();
  let open = 0;
  let refused = 0;
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  server.maxConnections = max;
  server.on("connection", (socket) => {
    open += 1;
    socket.once("close", () => {
      open -= 1;
      idle.delete(socket);
    });
    const [oldest] = open > keptAliveMax ? idle : [];
    if (oldest) {
      idle.delete(oldest); // it closes after the connections of this turn
      oldest.destroy();
    }
    idle.add(socket);
  });
  http.addHook("onRequest", async ({ raw }) => void idle.delete(raw.socket));
  http.addHook("onResponse", async ({ raw: { socket } }) => {
    if (!socket.destroyed) idle.add(socket);
  });
  server.on("drop", () => {
    refused += 1;
    if (nowMs() - loggedAtMs < logEveryMs) return;
    log.warn({ refused, max }, "connections were refused: half of the limit of open files is in use by clients");
    loggedAtMs = nowMs();
    refused = 0;
  });
  http.addHook("onSend", async (_request, reply) => {
    if (open > keptAliveMax) reply.header("connection", "close");
  });
}
