import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient, ManagementSchemas } from "./management-client.ts";
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

/** One of them: members may read themselves, and nobody else. */
export const colleagueQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["team", id],
    queryFn: async () => (await api.read<{ user: User }>(`users/${id}`)).user,
  });

/** `allowed_service_ids`: null stands for all. */
export type Permissions = Pick<ManagementSchemas["Permissions"], "allowed_sections" | "allowed_service_ids">;

export const permissionsQuery = (api: ManagementClient, userId: number) =>
  queryOptions({
    queryKey: ["team", userId, "permissions"],
    queryFn: async () => (await api.read<{ permissions: Permissions }>(`users/${userId}/permissions`)).permissions,
  });
