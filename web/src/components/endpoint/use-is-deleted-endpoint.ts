import { useQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { endpointsQuery } from "../../api/endpoint-queries.ts";

/** Tells of an endpoint that a list still has something of whether it is gone. As long as it is not known, it is not. */
export function useIsDeletedEndpoint(): (endpointId: number) => boolean {
  const { data: endpoints } = useQuery(endpointsQuery(useApi()));
  return (endpointId) => endpoints !== undefined && !endpoints.some(({ id }) => id === endpointId);
}
