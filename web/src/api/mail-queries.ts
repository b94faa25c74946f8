import { infiniteQueryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient } from "./api-client.ts";
import type { components } from "./bellwire-api.d.ts";

export type Mail = components["schemas"]["Mail"];

export const mailsQuery = (api: ApiClient) =>
  infiniteQueryOptions({
    queryKey: ["mails"],
    queryFn: ({ pageParam }: { pageParam: string | undefined }) =>
      answerOf(api.GET("/api/v1/mails", { params: { query: { limit: 50, ...(pageParam && { after: pageParam }) } } })),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
