import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";
import type { EventTypeName } from "./event-type-queries.ts";

export type Event = BellwireSchemas["Event"];
export type EventInFull = BellwireSchemas["EventInFull"];
export type Verdict = BellwireSchemas["Verdict"];

export interface EventFilter {
  readonly type?: EventTypeName;
  readonly account_id?: number;
}

export const eventsQuery = (api: ApiClient, filter: EventFilter, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ["events", "list", filter, limit],
    queryFn: ({ pageParam }: { pageParam: string | undefined }) =>
      answerOf(
        api.GET("/api/v1/events", { params: { query: { ...filter, limit, ...(pageParam && { after: pageParam }) } } }),
      ),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const eventQuery = (api: ApiClient, id: string) =>
  queryOptions({
    queryKey: ["events", "one", id],
    queryFn: () => answerOf(api.GET("/api/v1/events/{id}", { params: { path: { id } } })),
  });
