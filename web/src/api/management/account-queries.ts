import { queryOptions } from "@tanstack/react-query";

import type { ManagementClient, ManagementSchemas } from "./management-client.ts";
import type { AccountPlan } from "./plan-queries.ts";

export const accountStates = ["created", "pending", "approved", "rejected", "suspended"] as const;
export type AccountState = (typeof accountStates)[number] | "scheduled_for_deletion";

/** With the fields that the provider has defined, by their names. */
export type Account = ManagementSchemas["Account"];

/** Where a page stands in its list. Absent when everything is on one page. */
export type Standing = ManagementSchemas["Metadata"];

interface AccountAnswer {
  readonly account: Account;
}

export interface AccountFilter {
  readonly state?: AccountState;
  /** A part of the organization's name, or of a user's name or e-mail address. */
  readonly query?: string;
  readonly page?: number;
}

export const perPage = 50;

export const accountsQuery = (api: ManagementClient, filter: AccountFilter) =>
  queryOptions({
    queryKey: ["accounts", "list", filter],
    queryFn: async () => {
      const query = { ...filter, per_page: perPage };
      const { accounts, metadata } = await api.read<{ accounts: AccountAnswer[]; metadata?: Standing }>(
        "accounts",
        query,
      );
      return { accounts: accounts.map((it) => it.account), total: metadata?.total_entries ?? accounts.length };
    },
  });

export const accountQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["accounts", "one", id],
    queryFn: async () => (await api.read<AccountAnswer>(`accounts/${id}`)).account,
  });

export const planOfAccountQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["accounts", "one", id, "plan"],
    queryFn: async () => (await api.read<{ account_plan: AccountPlan }>(`accounts/${id}/plan`)).account_plan,
  });
