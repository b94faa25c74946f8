import { infiniteQueryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";

export type AuditRecord = BellwireSchemas["AuditRecord"];

export const auditRecordsQuery = (api: ApiClient) =>
  infiniteQueryOptions({
    queryKey: ["audit-records"],
    queryFn: ({ pageParam }: { pageParam: string | undefined }) =>
      answerOf(
        api.GET("/api/v1/audit_records", { params: { query: { limit: 50, ...(pageParam && { after: pageParam }) } } }),
      ),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
