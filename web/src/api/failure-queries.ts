import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient } from "./api-client.ts";
import type { components } from "./bellwire-api.d.ts";

export type Failure = components["schemas"]["Failure"];

export const failuresQuery = (api: ApiClient, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ["failures", "list", limit],
    queryFn: ({ pageParam }: { pageParam: string | undefined }) =>
      answerOf(api.GET("/api/v1/failures", { params: { query: { limit, ...(pageParam && { after: pageParam }) } } })),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** How many wait for somebody to deal with them: the badge of every page. */
export const failureCountQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["failures", "count"],
    queryFn: async () => (await answerOf(api.GET("/api/v1/failures/count"))).count,
    refetchInterval: 60_000, // the stream does not tell when somebody deletes one
  });

/** The newest failures of all endpoints, as many as one page holds. */
export const newestFailuresQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["failures", "newest"],
    queryFn: async () => (await answerOf(api.GET("/api/v1/failures", { params: { query: { limit: 200 } } }))).data,
  });
