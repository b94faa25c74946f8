import { QueryClient, type QueryKey, infiniteQueryOptions } from "@tanstack/react-query";
import createClient, { type Client } from "openapi-fetch";
import { createContext, use } from "react";
import { ApiProblem } from "./api-problem.ts";
import type { components, paths } from "./bellwire-api.d.ts";
import type { SessionFetch } from "./session-fetch.ts";

export type ApiClient = Client<paths>;

/** The named schemas of the Bellwire API. */
export type BellwireSchemas = components["schemas"];

/** Creates the Bellwire API client. */
export const createApiClient = (send: SessionFetch): ApiClient =>
  createClient<paths>({ credentials: "same-origin", fetch: send });

interface Call<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** Returns the body of a successful response. Throws an ApiProblem for any other. */
export async function responseBody<Data>(call: Promise<Call<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (!response.ok || data === undefined) throw new ApiProblem(response.status, error);
  return data;
}

/** Throws an ApiProblem unless the call succeeded. For responses without a body. */
export async function expectSuccess(call: Promise<Call<unknown>>): Promise<void> {
  const { error, response } = await call;
  if (!response.ok) throw new ApiProblem(response.status, error);
}

/** Throws an ApiProblem unless the object is deleted now, by this call or by an earlier one. */
export async function expectDeleted(call: Promise<Call<unknown>>): Promise<void> {
  const { error, response } = await call;
  const problem = new ApiProblem(response.status, error);
  if (!response.ok && problem.code !== "not-found") throw problem;
}

export const ApiContext = createContext<ApiClient | undefined>(undefined);

export function useApi(): ApiClient {
  const api = use(ApiContext);
  if (!api) throw new Error("There is no API client around this component.");
  return api;
}

interface Page<Row> {
  readonly data: readonly Row[];
  readonly next: string | null;
}

/** The parameters that select a page of a list. */
export interface PageQuery {
  readonly after?: string;
}

/** Returns the options of a list that is read page by page. */
export const pagesQuery = <ListPage extends Page<unknown>>(
  queryKey: QueryKey,
  read: (page: PageQuery) => Promise<ListPage>,
) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam: after }: { pageParam: string | undefined }) => read(after ? { after } : {}),
    initialPageParam: undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** Reads all pages of a list, for choices that must offer every entry. */
export async function readAllPages<Row>(
  read: (query: { limit: number; after?: string }) => Promise<Page<Row>>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | null = "";
  while (after !== null) {
    const page: Page<Row> = await read({ limit: 200, ...(after && { after }) });
    rows.push(...page.data);
    after = page.next;
  }
  return rows;
}

/** Options of a list that the stream keeps up to date, row by row. While it is not shown, changes are missed. */
export const followedByStream = { staleTime: Infinity, refetchOnMount: "always", refetchOnWindowFocus: false } as const;

/** Creates the cache of API responses that all pages share. */
export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000, // covers changes that the stream does not report
        // Retries only network errors and server errors. A rejected request would be rejected again.
        retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && error.status < 500),
        // Without a network a request fails at once. Otherwise it would wait, and its page would load for ever without a word.
        networkMode: "always",
        refetchOnReconnect: true,
      },
      // Without a network a change fails at once. Otherwise it would wait, and run when nobody expects it any more.
      mutations: { networkMode: "always" },
    },
  });

/**
 * Fetches queries again after a change. A fetch that is still under way is aborted: it may have read what was before the change, and an
 * invalidation alone would keep the first fetch of a query, and that of one whose page is not shown.
 */
export async function refreshQueries(client: QueryClient, queryKeys: readonly QueryKey[]): Promise<void> {
  const refresh = async (queryKey: QueryKey): Promise<void> => {
    await client.cancelQueries({ queryKey });
    await client.invalidateQueries({ queryKey });
  };
  await Promise.all(queryKeys.map(refresh));
}
