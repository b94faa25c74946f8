import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";

export type Invitation = BellwireSchemas["Invitation"];

export const invitationsQuery = (api: ApiClient, accountId: number) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "invitations"],
    queryFn: async () =>
      (await answerOf(api.GET("/api/v1/accounts/{id}/invitations", { params: { path: { id: accountId } } }))).data,
  });
