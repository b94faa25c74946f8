import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import type { AdminCaller } from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";
import type { Sender } from "#webhooks/attempts/index.ts";
import type { FindAdminCaller } from "../shared/admin-caller.ts";

export interface BellwireApiNeeds extends EndpointNeeds {
  readonly clock: Clock;
  readonly newId: () => string;
  /** For pings: the one that engines use, or one with the same guard. */
  readonly sender: Sender;
  readonly findAdminCaller: FindAdminCaller;
  /** Where the outside reaches us, without a slash at the end. */
  readonly publicUrl: string;
  readonly version: string;
}

export interface RouteNeeds extends BellwireApiNeeds {
  /** Who is asking. He has been found to be allowed. */
  readonly callerOf: (request: FastifyRequest) => AdminCaller;
}

export type BellwireApiRoute = FastifyPluginAsyncTypebox<RouteNeeds>;
