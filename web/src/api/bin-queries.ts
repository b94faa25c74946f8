import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";
import { everyPage } from "./every-page.ts";

export type Bin = BellwireSchemas["Bin"];

export const binsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["bins"],
    queryFn: () => everyPage((query) => answerOf(api.GET("/api/v1/bins", { params: { query } }))),
  });
