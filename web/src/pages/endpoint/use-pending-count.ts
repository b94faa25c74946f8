import { useInfiniteQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { deliveriesQuery } from "../../api/delivery-queries.ts";

const countsUpTo = 200;

/** How many deliveries of the endpoint are under way or wait: "12", "200 or more". */
export function usePendingCount(endpointId: number): string {
  const filter = { endpoint_id: endpointId, state: "pending" } as const;
  const { data } = useInfiniteQuery(deliveriesQuery(useApi(), filter, countsUpTo));
  const [page] = data?.pages ?? [];
  if (!page) return "…";
  return page.next === null ? String(page.data.length) : `${countsUpTo} or more`;
}
