import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient } from "./api-client.ts";
import type { components } from "./bellwire-api.d.ts";
import { everyPage } from "./every-page.ts";

export type Bin = components["schemas"]["Bin"];

export const binsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["bins"],
    queryFn: () => everyPage((query) => answerOf(api.GET("/api/v1/bins", { params: { query } }))),
  });
