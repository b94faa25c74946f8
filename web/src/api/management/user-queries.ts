import { queryOptions } from "@tanstack/react-query";

import type { components } from "../account-management-api.d.ts";
import type { ManagementClient } from "./management-client.ts";

export type User = components["schemas"]["User"];

export const usersQuery = (api: ManagementClient, accountId: number) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "users"],
    queryFn: async () =>
      (await api.read<{ users: { user: User }[] }>(`accounts/${accountId}/users`)).users.map(({ user }) => user),
  });
