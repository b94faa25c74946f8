import type { FastifyInstance, FastifyRequest } from "fastify";
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
    /** What was found for the first value in its query and headers that may be an access token. */
    readonly tokenRead: TokenRead | undefined;
    /** Finds the three above anew, for a request that goes on for minutes. Throws `host-unknown` like at its beginning. */
    readonly findProviderAgain: () => Promise<void>;
  }
}

interface TokenRead {
  readonly value: string;
  /** Undefined: it is no token that counts. */
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
 * Sets `provider` and `side` of each request to what is below `http`, from the host that it was sent to, and what its
 * access token says with it: at most a second old. Fastify counts
 * X-Forwarded-Host only from proxies that its `trustProxy` names.
 */
export function addFindProviderHook(http: FastifyInstance, { pool, clock, baseDomain }: FindProviderNeeds): void {
  const findTenant = createFindTenant(pool, baseDomain);
  const callers = createCallerCache({ pool, clock });
  http.addHook("onClose", async () => callers.stop());
  const found = new WeakMap<FastifyRequest, Found>();

  const foundFor = (request: FastifyRequest): Found => {
    const it = found.get(request);
    if (!it) throw new Error("The provider was asked for before it was found.");
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
    const caller = await callers.recall({ providerId: tenant.providerId, value });
    if (!caller) throw new Problem("host-unknown");
    const tokenRead = value === undefined ? undefined : { value, token: caller.token, atMs: caller.atMs };
    found.set(request, { provider: caller.provider, side: tenant.side, tokenRead });
    requireOneHost(request); // now, because the page that refuses is the provider's
  };
  http.decorateRequest("findProviderAgain", async function (this: FastifyRequest) {
    await find(this);
  });
  http.addHook("onRequest", find);
}

/** What a hint says too late, or a lost one never, is found out by then. */
const cacheMs = 1000;

/** Those of one second, at a kilobyte each. Past that all are forgotten: it costs a round trip each. */
const cachedCallersMax = 1000;

interface Caller {
  readonly providerId: number;
  /** What may be an access token. */
  readonly value: string | undefined;
}

export interface CachedCaller extends ProviderWithToken {
  /** Since when at most it may no longer be so. */
  readonly atMs: number;
}

interface CallerCache {
  /** The provider, and the token if it counts. Undefined if there is no such provider. */
  recall(caller: Caller): Promise<CachedCaller | undefined>;
  stop(): void;
}

/**
 * Reads what every request begins with, and remembers it for a second or until a hint says that some caller has changed:
 * in this process before who changed it goes on, in others some milliseconds later. A token or a provider that was not
 * found is looked for each time.
 */
export function createCallerCache({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): CallerCache {
  const remembered = new Map<string, CachedCaller>();
  let changes = 0;
  const stop = pool.onHint(callersChannel, () => {
    changes += 1;
    remembered.clear();
  });

  const counts = ({ atMs, token }: CachedCaller): boolean =>
    clock.monotonicMs() - atMs < cacheMs && !(token?.expiresAt && token.expiresAt <= clock.now());

  return {
    stop,
    async recall({ providerId, value }) {
      const key = value === undefined ? `${providerId}` : `${providerId} ${secretDigest(value).toString("base64")}`;
      const known = remembered.get(key);
      if (known && counts(known)) return known;

      const [atMs, changesBefore] = [clock.monotonicMs(), changes];
      const read = await readProviderWithToken(pool, { providerId, value, now: clock.now() });
      if (!read) return undefined;
      const recalled = { ...read, atMs };
      const isKnown = value === undefined || read.token !== undefined;
      // A change that was told of meanwhile may or may not be in what was read.
      if (isKnown && changes === changesBefore) {
        if (remembered.size >= cachedCallersMax) remembered.clear();
        remembered.set(key, recalled);
      }
      return recalled;
    },
  };
}
