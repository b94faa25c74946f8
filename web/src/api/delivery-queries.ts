import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";
import type { EventTypeName } from "./event-type-queries.ts";

export type Delivery = BellwireSchemas["Delivery"];
export type DeliveryInFull = BellwireSchemas["DeliveryInFull"];
export type DeliveryState = Delivery["state"];
export type Attempt = BellwireSchemas["Attempt"];

export interface DeliveryFilter {
  readonly state?: DeliveryState;
  readonly endpoint_id?: number;
  readonly event_type?: EventTypeName;
  readonly event_id?: string;
}

export const deliveriesQuery = (api: ApiClient, filter: DeliveryFilter, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ["deliveries", "list", filter, limit],
    queryFn: ({ pageParam }: { pageParam: string | undefined }) =>
      answerOf(
        api.GET("/api/v1/deliveries", {
          params: { query: { ...filter, limit, ...(pageParam && { after: pageParam }) } },
        }),
      ),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const deliveryQuery = (api: ApiClient, id: string) =>
  queryOptions({
    queryKey: ["deliveries", "one", id],
    queryFn: () => answerOf(api.GET("/api/v1/deliveries/{id}", { params: { path: { id } } })),
  });
