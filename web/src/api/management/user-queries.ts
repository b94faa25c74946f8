import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient } from "./management-client.ts";

export interface User extends Readonly<Record<string, unknown>> {
  readonly id: number;
  readonly username: string;
  readonly email?: string;
  readonly role: "admin" | "member";
  readonly state: "pending" | "active" | "suspended" | "email_unverified";
  readonly created_at: string;
}

export const usersQuery = (api: ManagementClient, accountId: number) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "users"],
    queryFn: async () =>
      (await api.read<{ users: { user: User }[] }>(`accounts/${accountId}/users`)).users.map(({ user }) => user),
  });
