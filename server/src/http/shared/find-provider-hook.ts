import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Database } from "#platform/database/database.ts";
import { findProviderByHost, type Provider, type Side } from "#portal/providers/index.ts";
import { Problem } from "./problem.ts";

declare module "fastify" {
  interface FastifyRequest {
    readonly provider: Provider;
    readonly side: Side;
  }
}

export interface FindProviderNeeds {
  readonly pool: Database;
  readonly baseDomain: string | undefined;
}

/**
 * Sets `provider` and `side` of each request to what is below `http`, from the host that it was sent to. Fastify counts
 * X-Forwarded-Host only from proxies that its `trustProxy` names.
 */
export function addFindProviderHook(http: FastifyInstance, { pool, baseDomain }: FindProviderNeeds): void {
  const found = new WeakMap<FastifyRequest, { provider: Provider; side: Side }>();

  const foundFor = (request: FastifyRequest): { provider: Provider; side: Side } => {
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

  http.addHook("onRequest", async (request) => {
    const it = await findProviderByHost(pool, { host: request.host, baseDomain });
    if (!it) throw new Problem("host-unknown");
    found.set(request, it);
  });
}
