import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";
import { everyPage } from "./every-page.ts";

export type Endpoint = BellwireSchemas["Endpoint"];

export const readEndpoints = (api: ApiClient): Promise<Endpoint[]> =>
  everyPage((query) => answerOf(api.GET("/api/v1/endpoints", { params: { query } })));

export const endpointsQuery = (api: ApiClient) =>
  queryOptions({ queryKey: ["endpoints"], queryFn: () => readEndpoints(api) });

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
