import { queryOptions } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, responseBody } from "./bellwire-client.ts";

export type FailureGroup = BellwireSchemas["FailureGroup"];

/** The causes of failures, of all endpoints or of one. The key begins like the lists', so that the stream refreshes both. */
export const failureGroupsQuery = (api: ApiClient, endpointId?: number) =>
  queryOptions({
    queryKey: ["failures", "groups", endpointId],
    queryFn: async () => {
      const query = endpointId === undefined ? {} : { endpoint_id: endpointId };
      return (await responseBody(api.GET("/api/v1/failures/groups", { params: { query } }))).data;
    },
  });
