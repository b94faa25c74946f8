import { hashKey, infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, pagesQuery, responseBody } from "./bellwire-client.ts";
import type { ManagementClient, ManagementSchemas } from "./management-client.ts";
import type { AccountPlan } from "./products.ts";

export const accountStates = ["created", "pending", "approved", "rejected", "suspended"] as const;
export type AccountState = (typeof accountStates)[number] | "scheduled_for_deletion";

/** Includes the fields that the provider has defined, by name. */
export type Account = ManagementSchemas["Account"];

export interface AccountFilter {
  readonly state?: (typeof accountStates)[number];
  /** Matches a part of the organization's name, or of a user's name or email address. */
  readonly query?: string;
  readonly page?: number;
}

export const perPage = 50;

interface PageFilter {
  readonly page?: number;
}

/** Returns the page that a list shows while another page of the same list is read: both have the same number of pages. */
export const pageBefore =
  <Page, Filter extends PageFilter>(filter: Filter) =>
  (shown: Page | undefined, query: { readonly queryKey: readonly [string, string, Filter] } | undefined) =>
    query && isSameList(query.queryKey[2], filter) ? shown : undefined;

const isSameList = (one: PageFilter, other: PageFilter): boolean =>
  hashKey([{ ...one, page: 1 }]) === hashKey([{ ...other, page: 1 }]);

export const accountsQuery = (api: ManagementClient, filter: AccountFilter) =>
  queryOptions({
    queryKey: ["accounts", "list", filter] as const,
    queryFn: () => api.readList<Account>("accounts", { ...filter, per_page: perPage }),
    placeholderData: pageBefore(filter),
  });

export const accountQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["accounts", "one", id],
    queryFn: () => api.readObject<Account>(`accounts/${id}`),
  });

export const planOfAccountQuery = (api: ManagementClient, id: number) =>
  queryOptions({
    queryKey: ["accounts", "one", id, "plan"],
    queryFn: () => api.readObject<AccountPlan>(`accounts/${id}/plan`),
  });

export type User = ManagementSchemas["User"];

export const usersQuery = (api: ManagementClient, accountId: number) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "users"],
    queryFn: async () => (await api.readList<User>(`accounts/${accountId}/users`)).objects,
  });

export const userQuery = (api: ManagementClient, { accountId, id }: { accountId: number; id: number }) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "users", id],
    queryFn: () => api.readObject<User>(`accounts/${accountId}/users/${id}`),
  });

/** An account's subscription to a product, on a service plan. */
export type Subscription = ManagementSchemas["ServiceSubscription"];

export const subscriptionsQuery = (api: ManagementClient, accountId: number) =>
  queryOptions({
    queryKey: ["accounts", "one", accountId, "subscriptions"],
    queryFn: async () => (await api.readList<Subscription>(`accounts/${accountId}/service_subscriptions`)).objects,
  });

export type PendingSubscription = BellwireSchemas["PendingSubscription"];

/** Returns the key of a list of requests: of all accounts, or of one, which is read again with the account. */
const requestsKey = (name: string, accountId: number | undefined) =>
  accountId === undefined ? ["accounts", name] : ["accounts", "one", accountId, name];

/** Lists the subscriptions that wait for approval or for another plan: the first 200 of all accounts, or those of one. */
export const pendingSubscriptionsQuery = (api: ApiClient, accountId?: number) =>
  queryOptions({
    queryKey: requestsKey("pending subscriptions", accountId),
    queryFn: async () => {
      const query = accountId === undefined ? {} : { account_id: accountId };
      return (await responseBody(api.GET("/api/v1/pending_subscriptions", { params: { query } }))).data;
    },
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
    queryFn: async () => (await api.readList(of, { state: "pending", per_page: 1 })).total,
  });

export type AccountPlanRequest = BellwireSchemas["AccountPlanRequest"];

const readAccountPlanRequests = async (api: ApiClient, account_id?: number[]) =>
  (
    await responseBody(
      api.GET("/api/v1/account_plan_requests", { params: { query: account_id ? { account_id } : {} } }),
    )
  ).data;

/** Lists the account plan requests that are still open: the first 200 of all accounts, or that of one. */
export const accountPlanRequestsQuery = (api: ApiClient, accountId?: number) =>
  queryOptions({
    queryKey: requestsKey("plan requests", accountId),
    queryFn: () => readAccountPlanRequests(api, accountId === undefined ? undefined : [accountId]),
  });

/** Lists the open plan requests of the accounts that a list shows. */
export const shownAccountPlanRequestsQuery = (api: ApiClient, ids: readonly number[]) =>
  queryOptions({
    queryKey: ["accounts", "plan requests", ids],
    queryFn: () => readAccountPlanRequests(api, [...ids]),
    enabled: ids.length > 0,
  });

export type ListedMessage = BellwireSchemas["ListedMessage"];
export type Message = BellwireSchemas["Message"];

/** The beginning of the keys of all queries of messages. */
export const messagesKey = ["messages"] as const;
export const messageListsKey = [...messagesKey, "lists"] as const;

export const messageBoxes = ["unread", "sent"] as const;
/** Which messages a list shows: by default those that were received. */
export type MessageBox = (typeof messageBoxes)[number] | undefined;

export const messagesQuery = (api: ApiClient, box: MessageBox) =>
  infiniteQueryOptions({
    ...pagesQuery([...messageListsKey, "of all", box], (page) => {
      const filter = box === "unread" ? { unread: true } : box && { box };
      return responseBody(api.GET("/api/v1/messages", { params: { query: { ...filter, ...page } } }));
    }),
    staleTime: 0, // no stream reports them
  });

/** At least so many are counted. */
export const unreadCountMax = 50;

/** Counts the unread messages of accounts, up to one more than `unreadCountMax`. */
export const unreadMessagesQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: [...messageListsKey, "unread count"],
    queryFn: async () => {
      const query = { unread: true, limit: unreadCountMax };
      const { data, next } = await responseBody(api.GET("/api/v1/messages", { params: { query } }));
      return data.length + (next === null ? 0 : 1);
    },
  });

export const accountMessagesQuery = (api: ApiClient, accountId: number) =>
  infiniteQueryOptions({
    ...pagesQuery([...messageListsKey, "of account", accountId], (query) =>
      responseBody(api.GET("/api/v1/accounts/{id}/messages", { params: { path: { id: accountId }, query } })),
    ),
    staleTime: 0,
  });

export const messageQuery = (api: ApiClient, id: number) =>
  queryOptions({
    queryKey: [...messagesKey, "one", id],
    queryFn: () => responseBody(api.GET("/api/v1/messages/{id}", { params: { path: { id } } })),
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
    ...pagesQuery(["mails", { state, ...filter }], (page) => {
      const query = { limit: 50, ...filter, ...(state && { state: [state] }), ...page };
      return responseBody(api.GET("/api/v1/mails", { params: { query } }));
    }),
    staleTime: 0, // they are sent in the background, and written by many changes
  });
