import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AccessToken } from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { createFindTenant, type Provider, type Side } from "#portal/providers/index.ts";
import { Problem } from "./problem.ts";
import { readCredentials } from "./read-credentials.ts";
import { createRecallCaller } from "./recall-caller.ts";
import { requireOneHost } from "./server-guards.ts";

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
  const callers = createRecallCaller({ pool, clock });
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
