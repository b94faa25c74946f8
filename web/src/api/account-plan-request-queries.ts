import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient } from "./api-client.ts";

/** The account plans that developers ask for, and nobody has decided about. */
export const accountPlanRequestsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["accounts", "plan requests"],
    queryFn: async () => (await answerOf(api.GET("/api/v1/account_plan_requests"))).data,
  });
