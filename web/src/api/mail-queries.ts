import { infiniteQueryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";

export type Mail = BellwireSchemas["Mail"];

export const mailsQuery = (api: ApiClient) =>
  infiniteQueryOptions({
    queryKey: ["mails"],
    queryFn: ({ pageParam }: { pageParam: string | undefined }) =>
      answerOf(api.GET("/api/v1/mails", { params: { query: { limit: 50, ...(pageParam && { after: pageParam }) } } })),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
