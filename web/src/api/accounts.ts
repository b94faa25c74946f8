import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, responseBody } from "./bellwire-client.ts";
import type { ManagementClient, ManagementSchemas } from "./management-client.ts";
import type { AccountPlan } from "./products.ts";

export const accountStates = ["created", "pending", "approved", "rejected", "suspended"] as const;
export type AccountState = (typeof accountStates)[number] | "scheduled_for_deletion";

/** Includes the fields that the provider has defined, by name. */
export type Account = ManagementSchemas["Account"];

/** The page's position in its list. Absent when one page holds everything. */
export type ListMetadata = ManagementSchemas["Metadata"];

interface AccountBody {
  readonly account: Account;
}

export interface AccountFilter {
  readonly state?: AccountState;
  /** Matches a part of the organization's name, or of a user's name or email address. */
  readonly query?: string;
  readonly page?: number;
}

export const perPage = 50;

export const accountsQuery = (api: ManagementClient, filter: AccountFilter) =>
  queryOptions({
    queryKey: ["accounts", "list", filter],
    queryFn: async () => {
      const query = { ...filter, per_page: perPage };
      const { accounts, metadata } = await api.read<{ accounts: AccountBody[]; metadata?: ListMetadata }>(
        "accounts",
        query,
      );
      return { accounts: accounts.map((entry) => entry.account), total: metadata?.total_entries ?? accounts.length };
    },
  });

export const accountQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["accounts", "one", id],
    queryFn: async () => (await api.read<AccountBody>(`accounts/${id}`)).account,
  });

export const planOfAccountQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["accounts", "one", id, "plan"],
    queryFn: async () => (await api.read<{ account_plan: AccountPlan }>(`accounts/${id}/plan`)).account_plan,
  });

export type User = ManagementSchemas["User"];

export const usersQuery = (api: ManagementClient, accountId: number) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "users"],
    queryFn: async () =>
      (await api.read<{ users: { user: User }[] }>(`accounts/${accountId}/users`)).users.map(({ user }) => user),
  });

export const userQuery = (api: ManagementClient, { accountId, id }: { accountId: number; id: number }) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "users", id],
    queryFn: async () => (await api.read<{ user: User }>(`accounts/${accountId}/users/${id}`)).user,
  });

export type Invitation = BellwireSchemas["Invitation"];

export const invitationsQuery = (api: ApiClient, accountId: number) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "invitations"],
    queryFn: async () =>
      (await responseBody(api.GET("/api/v1/accounts/{id}/invitations", { params: { path: { id: accountId } } }))).data,
  });

/** Counts the accounts or applications that wait for approval. Reads one of them. */
export const pendingCountQuery = (api: ManagementClient, of: "accounts" | "applications") =>
  queryOptions({
    queryKey: [of, "pending count"],
    queryFn: async () => {
      const found = await api.read<{ [name in typeof of]?: unknown[] } & { metadata?: ListMetadata }>(of, {
        state: "pending",
        per_page: 1,
      });
      return found.metadata?.total_entries ?? found[of]?.length ?? 0;
    },
  });

export type AccountPlanRequest = BellwireSchemas["AccountPlanRequest"];

/** Lists the account plan requests that are still open. */
export const accountPlanRequestsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["accounts", "plan requests"],
    queryFn: async () => (await responseBody(api.GET("/api/v1/account_plan_requests"))).data,
  });

export type Mail = BellwireSchemas["Mail"];

export const mailStates = ["sent", "waiting", "failed"] as const satisfies readonly Mail["state"][];

/** The filter of the emails, as the address of the page contains it. */
export interface MailFilter {
  readonly q?: string;
  readonly state?: Mail["state"];
  readonly account_id?: number;
  readonly since?: string;
  readonly until?: string;
}

export const mailsQuery = (api: ApiClient, { state, ...filter }: MailFilter) =>
  infiniteQueryOptions({
    queryKey: ["mails", { state, ...filter }],
    queryFn: ({ pageParam: after }: { pageParam: string | undefined }) => {
      const query = { limit: 50, ...filter, ...(state && { state: [state] }), ...(after && { after }) };
      return responseBody(api.GET("/api/v1/mails", { params: { query } }));
    },
    staleTime: 0, // they are sent in the background, and written by many changes
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
