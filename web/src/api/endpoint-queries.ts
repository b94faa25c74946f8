import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient } from "./api-client.ts";
import type { components } from "./bellwire-api.d.ts";

export type Endpoint = components["schemas"]["Endpoint"];

/** All of them: lists to choose from must not end before the one that is looked for. */
export const endpointsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["endpoints"],
    queryFn: async () => {
      const endpoints: Endpoint[] = [];
      for (let after: string | null | undefined; after !== null;) {
        const query = { limit: 200, ...(after && { after }) };
        const page = await answerOf(api.GET("/api/v1/endpoints", { params: { query } }));
        endpoints.push(...page.data);
        after = page.next;
      }
      return endpoints;
    },
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
