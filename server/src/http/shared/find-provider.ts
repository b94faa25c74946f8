import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { type AccessToken, callersChannel } from "#access/index.ts";
import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import {
  type Provider,
  type ProviderWithToken,
  type Side,
  createFindTenant,
  readProviderWithToken,
} from "#portal/providers/index.ts";
import { readCredentials } from "./admin-caller.ts";
import { Problem } from "./problem.ts";
import { requireOneHost } from "./server-hooks.ts";
import { secretDigest } from "#platform/ids.ts";

declare module "fastify" {
  interface FastifyRequest {
    readonly provider: Provider;
    readonly side: Side;
    /** The access token of the first value in the query or headers that may be one. */
    readonly tokenRead: TokenRead | undefined;
    /** Reads the three above again, for a request that lasts minutes. Throws `host-unknown` as at its start. */
    readonly findProviderAgain: () => Promise<void>;
  }
}

interface TokenRead {
  readonly value: string;
  /** Undefined if the value is not a valid token. */
  readonly token: AccessToken | undefined;
  readonly atMs: number;
}

type Found = Pick<FastifyRequest, "provider" | "side" | "tokenRead">;

export interface FindProviderNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly baseDomain: string | undefined;
}

/**
 * Sets `provider` and `side` of each request below `http` by its host, and its access token, at most a second old. Fastify
 * accepts X-Forwarded-Host from the proxies of its `trustProxy` only.
 */
export function addFindProviderHook(http: FastifyInstance, { pool, clock, baseDomain }: FindProviderNeeds): void {
  const findTenant = createFindTenant(pool, baseDomain);
  const callers = createCallerCache({ pool, clock });
  http.addHook("onClose", async () => callers.stop());
  const found = new WeakMap<FastifyRequest, Found>();

  const foundFor = (request: FastifyRequest): Found => {
    const it = found.get(request);
    if (!it) throw new Error("The provider was read before it was found.");
    return it;
  };
  http.decorateRequest("provider", {
    getter: function (this: FastifyRequest) {
      return foundFor(this).provider;
    },
  });
  http.decorateRequest("side", {
    getter: function (this: FastifyRequest) {
      return foundFor(this).side;
    },
  });
  http.decorateRequest("tokenRead", {
    getter: function (this: FastifyRequest) {
      return foundFor(this).tokenRead;
    },
  });

  const find = async (request: FastifyRequest): Promise<void> => {
    const tenant = await findTenant(request.host);
    if (!tenant) throw new Problem("host-unknown");
    const { query, headers } = request;
    const value = readCredentials({ query, headers, body: undefined }).find(({ as }) => as !== "key")?.value;
    const caller = await callers.find({ providerId: tenant.providerId, value });
    if (!caller) throw new Problem("host-unknown");
    const tokenRead = value === undefined ? undefined : { value, token: caller.token, atMs: caller.atMs };
    found.set(request, { provider: caller.provider, side: tenant.side, tokenRead });
    requireOneHost(request); // after the provider is known, because the error page is the provider's
  };
  http.decorateRequest("findProviderAgain", async function (this: FastifyRequest) {
    await find(this);
  });
  http.addHook("onRequest", find);
}

/** Bounds how long a change stays unnoticed if its hint is late or lost. */
const cacheMs = 1000;

/** About the callers of one second, at a kilobyte each. */
const cachedCallersMax = 1000;

interface Caller {
  readonly providerId: number;
  /** A possible access token. */
  readonly value: string | undefined;
}

export interface CachedCaller extends ProviderWithToken {
  /** When it was read. */
  readonly atMs: number;
}

interface CallerCache {
  /** Returns the provider and the token if it is valid. Undefined if the provider does not exist. */
  find(caller: Caller): Promise<CachedCaller | undefined>;
  stop(): void;
}

/**
 * Caches the provider and token of each request for a second, or until a hint says that a caller changed. The changing process
 * clears its cache before it continues, other processes some milliseconds later. A missing token or provider is not cached.
 */
export function createCallerCache({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): CallerCache {
  const cache = new LRUCache<string, CachedCaller>({ max: cachedCallersMax });
  let changes = 0;
  const stop = pool.onHint(callersChannel, () => {
    changes += 1;
    cache.clear();
  });

  const isValid = ({ atMs, token }: CachedCaller): boolean =>
    clock.monotonicMs() - atMs < cacheMs && !(token?.expiresAt && token.expiresAt <= clock.now());

  return {
    stop,
    async find({ providerId, value }) {
      const key = value === undefined ? `${providerId}` : `${providerId} ${secretDigest(value).toString("base64")}`;
      const cached = cache.get(key);
      if (cached && isValid(cached)) return cached;

      const [atMs, changesBefore] = [clock.monotonicMs(), changes];
      const read = await readProviderWithToken(pool, { providerId, value, now: clock.now() });
      if (!read) return undefined;
      const caller = { ...read, atMs };
      const isKnown = value === undefined || read.token !== undefined;
      // A change during the read may be missing from its result.
      if (isKnown && changes === changesBefore) cache.set(key, caller);
      return caller;
    },
  };
}
