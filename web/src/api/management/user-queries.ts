import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient, ManagementSchemas } from "./management-client.ts";

export type User = ManagementSchemas["User"];

export const usersQuery = (api: ManagementClient, accountId: number) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "users"],
    queryFn: async () =>
      (await api.read<{ users: { user: User }[] }>(`accounts/${accountId}/users`)).users.map(({ user }) => user),
  });
