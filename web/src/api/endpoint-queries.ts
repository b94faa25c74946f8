import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient } from "./api-client.ts";
import type { components } from "./bellwire-api.d.ts";

export type Endpoint = components["schemas"]["Endpoint"];

export const endpointsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["endpoints"],
    queryFn: async () => (await answerOf(api.GET("/api/v1/endpoints", { params: { query: { limit: 200 } } }))).data,
  });

export const endpointQuery = (api: ApiClient, id: number) =>
  queryOptions({
    queryKey: ["endpoints", id],
    queryFn: () => answerOf(api.GET("/api/v1/endpoints/{id}", { params: { path: { id } } })),
  });

/** The endpoint behind "Account Settings > Integrate > Webhooks", or null before it was first saved. */
export const defaultEndpointQuery = (api: ApiClient) =>
  queryOptions({
    ...endpointsQuery(api),
    select: (endpoints: Endpoint[]) => endpoints.find(({ name }) => name === "default") ?? null,
  });
