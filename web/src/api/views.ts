import { queryOptions } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, expectSuccess, responseBody } from "./bellwire-client.ts";

/** A filter of a list that the user has named. */
export type SavedView = BellwireSchemas["View"];
export type ViewList = SavedView["list"];

/** The parts of a view that its user sets. */
export type ViewFields = Pick<SavedView, "list" | "name" | "filter">;

/** The key of all lists' views. */
export const viewsKey = ["views"] as const;

/** Reads the user's views of a list, by name. */
export const viewsQuery = (api: ApiClient, list: ViewList) =>
  queryOptions({
    queryKey: [...viewsKey, list],
    queryFn: async () => (await responseBody(api.GET("/api/v1/views", { params: { query: { list } } }))).data,
  });

export const createView = (api: ApiClient, { list, name, filter }: ViewFields): Promise<SavedView> =>
  responseBody(api.POST("/api/v1/views", { body: { list, name, filter } }));

export const changeView = (
  api: ApiClient,
  id: number,
  changed: Partial<Pick<ViewFields, "name" | "filter">>,
): Promise<SavedView> => responseBody(api.PATCH("/api/v1/views/{id}", { params: { path: { id } }, body: changed }));

export const deleteView = (api: ApiClient, id: number): Promise<void> =>
  expectSuccess(api.DELETE("/api/v1/views/{id}", { params: { path: { id } } }));
