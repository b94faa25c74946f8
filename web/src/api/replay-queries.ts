import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { answerOf, type ApiClient, type BellwireSchemas } from "./api-client.ts";

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
