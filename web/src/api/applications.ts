import { queryOptions } from "@tanstack/react-query";
import { pageBefore, perPage } from "./accounts.ts";
import { ApiProblem } from "./api-problem.ts";
import { type ApiClient, type BellwireSchemas, responseBody } from "./bellwire-client.ts";
import type { ManagementClient, ManagementSchemas, ObjectList } from "./management-client.ts";

export const applicationStates = ["pending", "live", "suspended"] as const;
export type ApplicationState = (typeof applicationStates)[number];

/** Includes the fields that the provider has defined, by name. */
export type Application = ManagementSchemas["Application"];

/** Applications of older versions may have no name. */
export const applicationName = ({ id, name }: Pick<Application, "id" | "name">): string => name || `Application ${id}`;

/** The fields that a search can use. Names match a part; credentials match in full. */
export const searchFields = ["name", "account_query", "app_id", "user_key"] as const;
export type SearchField = (typeof searchFields)[number];

export interface ApplicationFilter {
  /** The field that `query` searches. */
  readonly by?: SearchField;
  readonly query?: string;
  readonly service_id?: number;
  readonly plan_id?: number;
  readonly state?: ApplicationState;
  readonly page?: number;
}

export const applicationsQuery = (api: ManagementClient, filter: ApplicationFilter) =>
  queryOptions({
    queryKey: ["applications", "list", filter] as const,
    queryFn: () => (filter.by === "app_id" && filter.query ? findByAppId(api, filter) : readPage(api, filter)),
    placeholderData: pageBefore(filter),
  });

const readPage = (api: ManagementClient, { by = "name", query: text, ...filter }: ApplicationFilter) =>
  api.readList<Application>("applications", { ...filter, ...(text && { [by]: text }), per_page: perPage });

/** The list cannot filter by application id, so this finds the one application and applies the rest of the filter. */
async function findByAppId(
  api: ManagementClient,
  { query, service_id, plan_id, state }: ApplicationFilter,
): Promise<ObjectList<Application>> {
  try {
    const application = await api.readObject<Application>("applications/find", { app_id: query, service_id });
    const isMeant = (state ?? application.state) === application.state;
    const isOnPlan = (plan_id ?? application.plan_id) === application.plan_id;
    return isMeant && isOnPlan ? { objects: [application], total: 1 } : { objects: [], total: 0 };
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return { objects: [], total: 0 };
    throw error;
  }
}

export const applicationsOfAccountQuery = (api: ManagementClient, accountId: number) =>
  queryOptions({
    queryKey: ["applications", "of account", accountId],
    queryFn: async () => (await api.readList<Application>(`accounts/${accountId}/applications`)).objects,
  });

/** Identifies an application. Every path of it contains its account's id. */
export interface ApplicationKey {
  readonly accountId: number;
  readonly id: number;
}

export const applicationPath = ({ accountId, id }: ApplicationKey): string =>
  `accounts/${accountId}/applications/${id}`;

export const applicationQuery = (api: ManagementClient, key: ApplicationKey) =>
  queryOptions({
    queryKey: ["applications", "one", key.id],
    queryFn: () => api.readObject<Application>(applicationPath(key)),
  });

export const keysQuery = (api: ManagementClient, key: ApplicationKey) =>
  queryOptions({
    queryKey: ["applications", "one", key.id, "keys"],
    queryFn: async () =>
      (await api.readList<ManagementSchemas["ApplicationKey"]>(`${applicationPath(key)}/keys`)).objects,
  });

export const referrerFiltersQuery = (api: ManagementClient, key: ApplicationKey) =>
  queryOptions({
    queryKey: ["applications", "one", key.id, "referrer filters"],
    queryFn: async () =>
      (await api.readList<ManagementSchemas["ReferrerFilter"]>(`${applicationPath(key)}/referrer_filters`)).objects,
  });

export type PlanRequest = BellwireSchemas["PlanRequest"];

const readPlanRequests = async (api: ApiClient, application_id?: number[]) =>
  (
    await responseBody(
      api.GET("/api/v1/plan_requests", { params: { query: application_id ? { application_id } : {} } }),
    )
  ).data;

/** Lists the application plan requests that are still open: the first 200 of all applications, or that of one. */
export const planRequestsQuery = (api: ApiClient, id?: number) =>
  queryOptions({
    queryKey: ["applications", ...(id === undefined ? [] : ["one", id]), "plan requests"],
    queryFn: () => readPlanRequests(api, id === undefined ? undefined : [id]),
  });

/** The most ids in a request. */
const idsMax = 200;

/** Lists the open plan requests of the applications that a list shows. */
export const shownPlanRequestsQuery = (api: ApiClient, ids: readonly number[]) =>
  queryOptions({
    queryKey: ["applications", "plan requests", ids],
    queryFn: async () => {
      const parts = Array.from({ length: Math.ceil(ids.length / idsMax) }, (_, index) =>
        ids.slice(index * idsMax, (index + 1) * idsMax),
      );
      return (await Promise.all(parts.map((part) => readPlanRequests(api, part)))).flat();
    },
    enabled: ids.length > 0,
  });
