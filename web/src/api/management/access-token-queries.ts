import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient, ManagementSchemas } from "./management-client.ts";

export const scopes = ["account_management", "finance", "stats", "cms", "policy_registry"] as const;
export type Scope = (typeof scopes)[number];

export type AccessToken = ManagementSchemas["AccessToken"];

/** With its value, which is told this once. */
export type NewAccessToken = ManagementSchemas["IssuedAccessToken"];

/** Those of who is signed in. */
export const accessTokensQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["access tokens"],
    queryFn: async () => {
      const path = "personal/access_tokens";
      const { access_tokens } = await api.read<{ access_tokens: { access_token: AccessToken }[] }>(path);
      return access_tokens.map((it) => it.access_token);
    },
  });
