import type { EventEmitter } from "node:events";
import { Socket } from "node:net";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { Registry } from "prom-client";
import { type Clock, systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { createLogger } from "#platform/logger.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { providerUrls } from "../../src/app/listening.ts";
import type { TryOut } from "../../src/app/first-start.ts";
import { composeSender } from "../../src/app/cell-contexts.ts";
import { composeHttp, trustIn } from "../../src/app/serve-http.ts";
import { lookupHere } from "./build-attempts.ts";
import { encryption } from "./build-webhooks.ts";
import { passwords } from "./passwords.ts";

interface WebServer extends AsyncDisposable {
  readonly http: FastifyInstance;
}

interface WebServerOptions {
  readonly publicUrl?: string;
  readonly log?: FastifyBaseLogger;
  readonly baseDomain?: string | undefined;
  readonly tryOut?: TryOut;
  readonly trustedProxies?: string;
  readonly clock?: Clock;
}

/** A clock by which nothing takes time, so that searches on a busy machine are complete. */
export const timelessClock: Clock = { ...systemClock, monotonicMs: () => 0 };

/** Composes everything that a web process serves, in this process, without listening on a port. */
export async function openWebServer(
  pool: Pool,
  {
    baseDomain,
    tryOut,
    trustedProxies = "none",
    publicUrl = "http://bellwire.test",
    log = createLogger("silent"),
    clock = systemClock,
  }: WebServerOptions = {},
): Promise<WebServer> {
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const urls = providerUrls(publicUrl, baseDomain);
  const lookup = lookupHere();
  const network = { allowed, lookup, caPem: undefined, proxyUrl: undefined, inFlightMax: 10 };
  const sender = composeSender({ pool, clock, urls, ...network });
  const http = await composeHttp({
    pool,
    passwords,
    clock,
    encryption,
    sender,
    urls,
    allowed,
    lookup,
    baseDomain,
    log,
    metrics: new Registry(),
    trustProxy: trustIn(trustedProxies),
    retryWaitsSeconds: [60],
    mailIsSent: false,
    cookieSecret: Buffer.alloc(32, 5),
    isTryOut: ({ id }) => tryOut?.providerId === id,
    isStopping: () => false,
    measureRequests: closeInjected,
  });
  return {
    http,
    async [Symbol.asyncDispose]() {
      await http.close();
      await sender[Symbol.asyncDispose]();
    },
  };
}

/**
 * Closes the connections of injected requests after their responses, as clients do that keep none. They would otherwise stay open, and
 * closing a server waits a second for those.
 */
function closeInjected(http: FastifyInstance): void {
  http.addHook("onResponse", async ({ raw }) => {
    const socket: EventEmitter = raw.socket;
    if (!(socket instanceof Socket)) socket.emit("close");
  });
}
