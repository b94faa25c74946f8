import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, answerOf, everyPage } from "./bellwire-client.ts";

export type Endpoint = BellwireSchemas["Endpoint"];

export const readEndpoints = (api: ApiClient): Promise<Endpoint[]> =>
  everyPage((query) => answerOf(api.GET("/api/v1/endpoints", { params: { query } })));

export const endpointsQuery = (api: ApiClient) =>
  queryOptions({ queryKey: ["endpoints"], queryFn: () => readEndpoints(api) });

export const endpointQuery = (api: ApiClient, id: number) =>
  queryOptions({
    queryKey: ["endpoints", id],
    queryFn: () => answerOf(api.GET("/api/v1/endpoints/{id}", { params: { path: { id } } })),
  });

/** The endpoint behind "Account Settings > Integrate > Webhooks", or null before it was first saved. */
export const defaultEndpointQuery = (api: ApiClient) =>
  queryOptions({
    ...endpointsQuery(api),
    select: (endpoints: Endpoint[]) => endpoints.find(({ name }) => name === "default") ?? null,
  });

export type Replay = BellwireSchemas["Replay"];
export type NewReplay = BellwireSchemas["NewReplay"];

const lookAgainMs = 1000;

/** The newest replay of an endpoint, or null; looked at again and again while it runs, which the stream does not tell. */
export const newestReplayQuery = (api: ApiClient, endpointId: number) =>
  queryOptions({
    queryKey: ["replays", "newest", endpointId],
    queryFn: async () => {
      const query = { endpoint_id: endpointId, limit: 1 };
      return (await answerOf(api.GET("/api/v1/replays", { params: { query } }))).data[0] ?? null;
    },
    refetchInterval: ({ state }) => (state.data?.state === "running" ? lookAgainMs : false),
  });

/** What a replay would send, counted by the server. Undefined: what was typed is not whole. */
export const replayPreviewQuery = (api: ApiClient, wanted: NewReplay | undefined) =>
  queryOptions({
    queryKey: ["replays", "preview", wanted],
    queryFn: async () => wanted && (await countsOf(api, wanted)),
    enabled: wanted !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 0, // counted anew each time that it is asked
    retry: false,
  });

const countsOf = async (api: ApiClient, wanted: NewReplay): Promise<Replay["counts"]> =>
  (await answerOf(api.POST("/api/v1/replays", { body: { ...wanted, dry_run: true } }))).counts;

export type Bin = BellwireSchemas["Bin"];

export const binsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["bins"],
    queryFn: () => everyPage((query) => answerOf(api.GET("/api/v1/bins", { params: { query } }))),
  });
