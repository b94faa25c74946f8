import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type ApiClient, type BellwireSchemas, responseBody, readAllPages } from "./bellwire-client.ts";
import { endpointDefaults } from "./facts.ts";

export type Endpoint = BellwireSchemas["Endpoint"];

/** Returns whether endpoints of the format send messages about alerts to a chat program. Only these have event types by default. */
export const isForChat = (format: Endpoint["format"]): boolean => endpointDefaults[format].event_types.length > 0;

export const readEndpoints = (api: ApiClient): Promise<Endpoint[]> =>
  readAllPages((query) => responseBody(api.GET("/api/v1/endpoints", { params: { query } })));

export const endpointsQuery = (api: ApiClient) =>
  queryOptions({ queryKey: ["endpoints"], queryFn: () => readEndpoints(api) });

export const endpointQuery = (api: ApiClient, id: number) =>
  queryOptions({
    queryKey: ["endpoints", id],
    queryFn: () => responseBody(api.GET("/api/v1/endpoints/{id}", { params: { path: { id } } })),
  });

/** Finds the endpoint of "Account Settings > Integrate > Webhooks". Null before the first save. */
export const defaultEndpointQuery = (api: ApiClient) =>
  queryOptions({
    ...endpointsQuery(api),
    select: (endpoints: Endpoint[]) => endpoints.find(({ name }) => name === "default") ?? null,
  });

export type Replay = BellwireSchemas["Replay"];
export type NewReplay = BellwireSchemas["NewReplay"];

const pollMs = 1000;

/**
 * Reads the newest replay of an endpoint, or null. Polls while it runs, because the stream does not report its
 * progress.
 */
export const newestReplayQuery = (api: ApiClient, endpointId: number) =>
  queryOptions({
    queryKey: ["replays", "newest", endpointId],
    queryFn: async () => {
      const query = { endpoint_id: endpointId, limit: 1 };
      return (await responseBody(api.GET("/api/v1/replays", { params: { query } }))).data[0] ?? null;
    },
    refetchInterval: ({ state }) => (state.data?.state === "running" ? pollMs : false),
  });

/** Counts the deliveries that a replay would send. Undefined input is incomplete input. */
export const replayPreviewQuery = (api: ApiClient, newReplay: NewReplay | undefined) =>
  queryOptions({
    queryKey: ["replays", "preview", newReplay],
    queryFn: async () => newReplay && (await previewCounts(api, newReplay)),
    enabled: newReplay !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 0, // counts change, so each dialog counts again
    retry: false,
  });

const previewCounts = async (api: ApiClient, newReplay: NewReplay): Promise<Replay["counts"]> =>
  (await responseBody(api.POST("/api/v1/replays", { body: { ...newReplay, dry_run: true } }))).counts;

export type Bin = BellwireSchemas["Bin"];

export const binsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ["bins"],
    queryFn: () => readAllPages((query) => responseBody(api.GET("/api/v1/bins", { params: { query } }))),
  });
