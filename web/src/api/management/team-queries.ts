import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient } from "./management-client.ts";
import type { User } from "./user-queries.ts";

export const sections = [
  "partners",
  "plans",
  "settings",
  "portal",
  "finance",
  "monitoring",
  "policy_registry",
] as const;
export type Section = (typeof sections)[number];

/** The provider's own users. */
export const teamQuery = (api: ManagementClient) =>
  queryOptions({
    queryKey: ["team"],
    queryFn: async () => (await api.read<{ users: { user: User }[] }>("users")).users.map(({ user }) => user),
  });

export const permissionsQuery = (api: ManagementClient, userId: number) =>
  queryOptions({
    queryKey: ["team", userId, "permissions"],
    queryFn: async () => {
      const path = `users/${userId}/permissions`;
      return (await api.read<{ permissions: { allowed_sections: Section[] } }>(path)).permissions.allowed_sections;
    },
  });
