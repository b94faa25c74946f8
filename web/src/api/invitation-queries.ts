import { queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient } from "./api-client.ts";
import type { components } from "./bellwire-api.d.ts";

export type Invitation = components["schemas"]["Invitation"];

export const invitationsQuery = (api: ApiClient, accountId: number) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "invitations"],
    queryFn: async () =>
      (await answerOf(api.GET("/api/v1/accounts/{id}/invitations", { params: { path: { id: accountId } } }))).data,
  });
