import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient } from "./api-client.ts";
import type { components } from "./bellwire-api.d.ts";

export type PlanRequest = components["schemas"]["PlanRequest"];

/** The plans that developers ask for, and nobody has decided about. */
export const planRequestsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["applications", "plan requests"],
    queryFn: async () => (await answerOf(api.GET("/api/v1/plan_requests"))).data,
  });
