import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";

export type PlanRequest = BellwireSchemas["PlanRequest"];

/** The plans that developers ask for, and nobody has decided about. */
export const planRequestsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["applications", "plan requests"],
    queryFn: async () => (await answerOf(api.GET("/api/v1/plan_requests"))).data,
  });
