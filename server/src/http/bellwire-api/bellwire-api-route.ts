import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import type { AdminCaller } from "#access/index.ts";
import type { FindAdminCaller } from "#http/shared/admin-caller.ts";
import type { Clock } from "#platform/clock.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { Bin } from "#request-bin/index.ts";
import type { Sender } from "#webhooks/attempts/index.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";

export interface BellwireApiNeeds extends EndpointNeeds {
  readonly clock: Clock;
  readonly newId: () => string;
  /** For pings: the one that engines use, or one with the same guard. */
  readonly sender: Sender;
  readonly findAdminCaller: FindAdminCaller;
  /** How the outside reaches a provider's two sides, without a slash at the end. This API is on the admin one. */
  readonly adminPortalUrl: (provider: Provider) => string;
  readonly developerPortalUrl: (provider: Provider) => string;
  /** The secrets of the endpoints that point to the bin; none if there is no such endpoint. */
  readonly secretsOfBin: (bin: Pick<Bin, "providerId" | "id">) => Promise<readonly string[]>;
  readonly version: string;
}

export interface RouteNeeds extends BellwireApiNeeds {
  /** Who is asking. He has been found to be allowed. */
  readonly callerOf: (request: FastifyRequest) => AdminCaller;
}

export type BellwireApiRoute = FastifyPluginAsyncTypebox<RouteNeeds>;
