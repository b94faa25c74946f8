import {
  type InfiniteData,
  type QueryClient,
  type QueryKey,
  infiniteQueryOptions,
  queryOptions,
  replaceEqualDeep,
} from "@tanstack/react-query";
import {
  type ApiClient,
  type BellwireSchemas,
  type PageQuery,
  followedByStream,
  pagesQuery,
  responseBody,
} from "./bellwire-client.ts";
import { type ListFilter, filterQuery } from "./filters.ts";
import type { EventTypeName } from "./events.ts";

export type Delivery = BellwireSchemas["Delivery"];
export type DeliveryDetails = BellwireSchemas["DeliveryDetails"];
export type DeliveryState = Delivery["state"];
export type Attempt = BellwireSchemas["Attempt"];

export interface DeliveryFilter {
  readonly state?: DeliveryState;
  readonly endpoint_id?: number;
  readonly event_type?: EventTypeName;
  readonly event_id?: string;
}

/** Lists deliveries where a page shows a few. Any message about a delivery reads them again. */
export const deliveriesQuery = (api: ApiClient, filter: DeliveryFilter, limit = 50) =>
  pagesQuery(["deliveries", "list", filter, limit], (page) =>
    responseBody(api.GET("/api/v1/deliveries", { params: { query: { ...manyOf(filter), limit, ...page } } })),
  );

/** Returns the filter as the API takes it: with several values of each. */
const manyOf = ({ state, endpoint_id, event_type, event_id }: DeliveryFilter) => ({
  ...(state && { state: [state] }),
  ...(endpoint_id && { endpoint_id: [endpoint_id] }),
  ...(event_type && { event_type: [event_type] }),
  ...(event_id && { event_id: [event_id] }),
});

/** The number of rows of a page of a list that follows the stream. */
export const rowsPerPage = 50;

export const readDeliveryPage = (api: ApiClient, filter: ListFilter, page: PageQuery = {}) =>
  responseBody(
    api.GET("/api/v1/deliveries", { params: { query: { ...filterQuery(filter), limit: rowsPerPage, ...page } } }),
  );

/** Lists deliveries on their own page, which follows the stream row by row. */
export const deliveryPagesQuery = (api: ApiClient, filter: ListFilter) =>
  infiniteQueryOptions({
    ...pagesQuery(["delivery pages", filter], (page) => readDeliveryPage(api, filter, page)),
    ...followedByStream,
  });

/** Reads whether there is any delivery. Asks again only until there is one. */
export const anyDeliveryQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["any delivery"],
    queryFn: async () =>
      (await responseBody(api.GET("/api/v1/deliveries", { params: { query: { limit: 1 } } }))).data.length > 0,
    staleTime: ({ state }) => (state.data ? Infinity : 0),
    refetchInterval: ({ state }) => (state.data ? false : 5000),
  });

export type ListedAttempt = BellwireSchemas["ListedAttempt"];

/** Lists attempts, those of the newest event first. The list does not follow the stream. */
export const attemptPagesQuery = (api: ApiClient, filter: ListFilter) =>
  pagesQuery(["deliveries", "attempts", filter], (page) =>
    responseBody(
      api.GET("/api/v1/attempts", { params: { query: { ...filterQuery(filter), limit: rowsPerPage, ...page } } }),
    ),
  );

export const deliveryQuery = (api: ApiClient, id: string) =>
  queryOptions({
    queryKey: ["deliveries", "one", id],
    queryFn: () => responseBody(api.GET("/api/v1/deliveries/{id}", { params: { path: { id } } })),
  });

export type Failure = BellwireSchemas["Failure"];

export interface FailurePages {
  readonly filter?: ListFilter;
  readonly order?: "newest" | "oldest";
  readonly limit?: number;
  /** Leaves out new failures, which would push those that are shown off the newest page. */
  readonly keepsRows?: boolean;
}

/** Lists failures. Each page carries the time up to which its list is complete. */
export const failuresQuery = (
  api: ApiClient,
  { filter = {}, order = "newest", limit = 50, keepsRows = false }: FailurePages = {},
) =>
  infiniteQueryOptions({
    queryKey: ["failures", "list", filter, order, limit],
    queryFn: async ({ pageParam, client, queryKey }: FailurePageContext) => {
      const before = client.getQueryData<InfiniteData<FailurePage>>(queryKey)?.pages ?? [];
      const [kept] = keepsRows ? before : [];
      const until = order === "newest" ? kept?.data[0]?.failed_at : undefined;
      const query = {
        ...filterQuery(filter),
        order,
        limit,
        ...(until !== undefined && { until }),
        ...(pageParam && { after: pageParam }),
      };
      const call = api.GET("/api/v1/failures", { params: { query } });
      const { data, ...page } = await responseBody(call);
      return { ...page, data: keepRows(before, data), upTo: kept?.upTo ?? completeUpTo((await call).response) };
    },
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // It compares rows by their places, which all change with a new failure.
    structuralSharing: false,
  });

interface FailurePage {
  readonly data: readonly Failure[];
  readonly upTo: Date;
}

interface FailurePageContext {
  readonly pageParam: string | undefined;
  readonly client: QueryClient;
  readonly queryKey: QueryKey;
}

/** Returns the rows with the same objects for those that are unchanged, wherever they were, so that they are not rendered again. */
function keepRows(before: readonly { readonly data: readonly Failure[] }[], rows: readonly Failure[]): Failure[] {
  const known = new Map(before.flatMap(({ data }) => data.map((row) => [row.delivery_id, row])));
  return rows.map((row) => replaceEqualDeep(known.get(row.delivery_id), row));
}

/**
 * The second before the response, by the server's clock: the list shows a second of failures once that second has
 * passed.
 */
function completeUpTo({ headers }: Response): Date {
  const answeredMs = Date.parse(headers.get("date") ?? "");
  return new Date((Number.isNaN(answeredMs) ? Date.now() : answeredMs) - 1000);
}

/** Counts the failures for the badge on every page, without those of muted causes. */
export const failureCountQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["failures", "count"],
    queryFn: async () => {
      const { count, muted } = await responseBody(api.GET("/api/v1/failures/count"));
      return count - muted;
    },
    refetchInterval: 60_000, // the stream does not report a deleted failure
  });

/** Lists the newest failures: up to one page of all endpoints, or the latest of one endpoint. */
export const newestFailuresQuery = (api: ApiClient, endpointId?: number) =>
  queryOptions({
    queryKey: ["failures", "newest", endpointId],
    queryFn: () => {
      const ofEndpoint = endpointId === undefined ? { limit: 200 } : { endpoint_id: [endpointId], limit: 1 };
      return responseBody(api.GET("/api/v1/failures", { params: { query: { order: "newest", ...ofEndpoint } } }));
    },
  });

export type FailureGroup = BellwireSchemas["FailureGroup"];

/** The causes of failures, of all endpoints or of one. The key begins like the lists', so that the stream refreshes both. */
export const failureGroupsQuery = (api: ApiClient, endpointId?: number) =>
  queryOptions({
    queryKey: ["failures", "groups", endpointId],
    queryFn: async () => {
      const query = endpointId === undefined ? {} : { endpoint_id: endpointId };
      return (await responseBody(api.GET("/api/v1/failures/groups", { params: { query } }))).data;
    },
  });
