import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AccessToken } from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { createFindTenant, readProviderWithToken, type Provider, type Side } from "#portal/providers/index.ts";
import { Problem } from "./problem.ts";
import { readCredentials } from "./read-credentials.ts";

declare module "fastify" {
  interface FastifyRequest {
    readonly provider: Provider;
    readonly side: Side;
    /** What was found for the first value in its query and headers that may be an access token. */
    readonly tokenRead: TokenRead | undefined;
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
  readonly pool: Database;
  readonly clock: Clock;
  readonly baseDomain: string | undefined;
}

/**
 * Sets `provider` and `side` of each request to what is below `http`, from the host that it was sent to, and reads its
 * access token in the same round trip. Fastify counts
 * X-Forwarded-Host only from proxies that its `trustProxy` names.
 */
export function addFindProviderHook(http: FastifyInstance, { pool, clock, baseDomain }: FindProviderNeeds): void {
  const findTenant = createFindTenant(pool, baseDomain);
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

  http.addHook("onRequest", async (request) => {
    const tenant = await findTenant(request.host);
    if (!tenant) throw new Problem("host-unknown");
    const { query, headers } = request;
    const value = readCredentials({ query, headers, body: undefined }).find(({ as }) => as !== "key")?.value;
    const read = await readProviderWithToken(pool, { providerId: tenant.providerId, value, now: clock.now() });
    if (!read) throw new Problem("host-unknown");
    const tokenRead = value === undefined ? undefined : { value, token: read.token, atMs: clock.monotonicMs() };
    found.set(request, { provider: read.provider, side: tenant.side, tokenRead });
  });
}
