import { queryOptions } from "@tanstack/react-query";

import type { components } from "../account-management-api.d.ts";
import type { Standing } from "./account-queries.ts";
import { perPage } from "./account-queries.ts";
import type { ManagementClient } from "./management-client.ts";

export const applicationStates = ["pending", "live", "suspended"] as const;
export type ApplicationState = (typeof applicationStates)[number];

/** With the fields that the provider has defined, by their names. */
export type Application = components["schemas"]["Application"];

interface ApplicationAnswer {
  readonly application: Application;
}

export interface ApplicationFilter {
  readonly state?: ApplicationState;
  readonly page?: number;
}

export const applicationsQuery = (api: ManagementClient, filter: ApplicationFilter) =>
  queryOptions({
    queryKey: ["applications", "list", filter],
    queryFn: async () => {
      const query = { ...filter, per_page: perPage };
      const { applications, metadata } = await api.read<{ applications: ApplicationAnswer[]; metadata?: Standing }>(
        "applications",
        query,
      );
      const total = metadata?.total_entries ?? applications.length;
      return { applications: applications.map((it) => it.application), total };
    },
  });

export const applicationsOfAccountQuery = (api: ManagementClient, accountId: number) =>
  queryOptions({
    queryKey: ["applications", "of account", accountId],
    queryFn: async () => {
      const path = `accounts/${accountId}/applications`;
      const { applications } = await api.read<{ applications: ApplicationAnswer[] }>(path);
      return applications.map((it) => it.application);
    },
  });

/** Its account is in the path of everything that is done to it. */
export interface ApplicationKey {
  readonly accountId: number;
  readonly id: number;
}

export const pathOf = ({ accountId, id }: ApplicationKey): string => `accounts/${accountId}/applications/${id}`;

export const applicationQuery = (api: ManagementClient, key: ApplicationKey) =>
  queryOptions({
    queryKey: ["applications", "one", key.id],
    queryFn: async () => (await api.read<ApplicationAnswer>(pathOf(key))).application,
  });

export const keysQuery = (api: ManagementClient, key: ApplicationKey) =>
  queryOptions({
    queryKey: ["applications", "one", key.id, "keys"],
    queryFn: async () => {
      const { keys } = await api.read<{ keys: { key: components["schemas"]["ApplicationKey"] }[] }>(
        `${pathOf(key)}/keys`,
      );
      return keys.map((it) => it.key);
    },
  });

export const referrerFiltersQuery = (api: ManagementClient, key: ApplicationKey) =>
  queryOptions({
    queryKey: ["applications", "one", key.id, "referrer filters"],
    queryFn: async () => {
      const { referrer_filters } = await api.read<{
        referrer_filters: { referrer_filter: components["schemas"]["ReferrerFilter"] }[];
      }>(`${pathOf(key)}/referrer_filters`);
      return referrer_filters.map((it) => it.referrer_filter);
    },
  });
