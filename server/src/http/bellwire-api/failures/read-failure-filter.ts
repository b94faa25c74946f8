import type { FastifyRequest } from "fastify";
import { Problem } from "#http/shared/problem.ts";
import type { FailureFilter } from "#webhooks/deliveries/index.ts";
import { timesOf } from "../read-query.ts";

interface Filters {
  readonly endpoint_id?: number;
  readonly until?: string;
  readonly ids?: readonly string[];
}

export const failureFilterOf = ({ provider }: FastifyRequest, filters: Filters): FailureFilter => ({
  providerId: provider.id,
  endpointId: filters.endpoint_id,
  eventIds: filters.ids,
  ...timesOf(filters, ["until"]),
});

/** Of what deletes failures: a filter that was forgotten must not mean all of them. */
export function meantFilterOf(request: FastifyRequest, filters: Filters & { readonly all?: boolean }): FailureFilter {
  const { all = false, endpoint_id, until, ids } = filters;
  if (!all && [endpoint_id, until, ids].every((filter) => filter === undefined)) {
    throw new Problem("invalid", { errors: { all: ["must be true when there is no other filter"] } });
  }
  return failureFilterOf(request, filters);
}
