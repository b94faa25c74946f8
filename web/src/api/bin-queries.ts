import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient } from "./api-client.ts";
import type { components } from "./bellwire-api.d.ts";

export type Bin = components["schemas"]["Bin"];

export const binsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["bins"],
    queryFn: async () => (await answerOf(api.GET("/api/v1/bins", { params: { query: { limit: 200 } } }))).data,
  });
