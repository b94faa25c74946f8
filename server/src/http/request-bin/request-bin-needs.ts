import type { FastifyRequest } from "fastify";
import type { Clock } from "#platform/clock/clock.ts";
import type { Pool } from "#platform/database/database.ts";

export interface RequestBinNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Where the outside reaches the bins of whom a request was sent to, without a slash at the end. */
  readonly originOf: (request: FastifyRequest) => string;
  /** The secrets of the endpoints that point to the bin; none if there is no such endpoint. */
  readonly secretsOfBin: (bin: { readonly providerId: number; readonly id: string }) => Promise<readonly string[]>;
}

export interface BinParams {
  readonly Params: { readonly id: string };
}
